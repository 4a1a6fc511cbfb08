import { expect } from "expect";
import fc from "fast-check";
import {
  countTopic,
  eventTopic,
  parseCountTopic,
  snapshotTopic,
} from "../../../lib/events/mqtt/topics.ts";

const NO_RULES = new Set<string>();

Deno.test("topics are those that the documents name", () => {
  expect(eventTopic("door", "somebody")).toBe("livesyte/door/somebody");
  expect(snapshotTopic("door", "somebody")).toBe("livesyte/door/somebody/snapshot");
  expect(countTopic("door", "person", NO_RULES)).toBe("livesyte/door/person");
  expect(countTopic("door", "cell phone", NO_RULES)).toBe("livesyte/door/cell phone");
  expect(countTopic("door", "a/b+#%", NO_RULES)).toBe("livesyte/door/a%2Fb%2B%23%25");
});

Deno.test("a class with the name of a rule has another topic than the rule's events", () => {
  const rules = new Set(["person"]);
  expect(countTopic("door", "person", rules)).toBe("livesyte/door/person/count");
  expect(countTopic("door", "car", rules)).toBe("livesyte/door/car");
});

Deno.test("whatever a class is called, its topic has no wildcard, and leads back to it", () => {
  fc.assert(fc.property(
    fc.string({ unit: fc.constantFrom(..."+#/%aé 2FB$\0\n\u007f\u0085\ufdd0\ufffe\u{1ffff}😀") }),
    fc.boolean(),
    (label, isRule) => {
      const topic = countTopic("front-door", label, new Set(isRule ? [label] : []));
      const parsed = parseCountTopic(topic);
      return !/[+#\p{Control}\p{Noncharacter_Code_Point}]/u.test(topic) &&
        topic.split("/").length === (isRule ? 4 : 3) &&
        parsed?.cameraId === "front-door" && parsed.label === label;
    },
  ));
});

Deno.test("topics of other kinds are told apart", () => {
  for (const topic of ["livesyte/status", "livesyte/door/somebody/snapshot", "other/door/person"]) {
    expect(parseCountTopic(topic)).toBeUndefined();
  }
});
