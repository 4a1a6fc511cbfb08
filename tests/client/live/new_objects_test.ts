import { expect } from "expect";
import { NewObjectAnnouncer } from "../../../lib/client/live/new_objects.ts";

Deno.test("NewObjectAnnouncer says what has come into view, once", () => {
  const announcer = new NewObjectAnnouncer();
  expect(announcer.update([], 0)).toBe("");
  expect(announcer.update(["bicycle", "dog"], 250)).toBe("In view: bicycle, dog");
  expect(announcer.update(["bicycle", "dog"], 5000)).toBe("In view: bicycle, dog");
  expect(announcer.update(["bicycle", "dog"], 5250)).toBe("");
});

Deno.test("NewObjectAnnouncer speaks at most once in 5 seconds", () => {
  const announcer = new NewObjectAnnouncer();
  const texts: string[] = [];
  for (let now = 0; now < 20_000; now += 250) {
    const text = announcer.update([`object ${Math.floor(now / 500)}`], now);
    if (text !== "" && text !== texts.at(-1)) texts.push(text);
  }
  expect(texts).toHaveLength(4);
});

Deno.test("NewObjectAnnouncer tells what came meanwhile, unless it has gone again", () => {
  const announcer = new NewObjectAnnouncer();
  announcer.update(["dog"], 0);
  announcer.update(["dog", "cat", "bird"], 1000);
  announcer.update(["dog", "bird"], 2000);
  expect(announcer.update(["dog", "bird"], 5000)).toBe("In view: bird");
});

Deno.test("NewObjectAnnouncer tells of an object again after it was away for long", () => {
  const announcer = new NewObjectAnnouncer();
  announcer.update(["dog"], 0);
  expect(announcer.update(["dog"], 9000)).toBe("");
  expect(announcer.update([], 10_000)).toBe("");
  expect(announcer.update(["dog"], 18_000)).toBe("");
  announcer.update([], 19_000);
  expect(announcer.update(["dog"], 30_000)).toBe("In view: dog");
});
