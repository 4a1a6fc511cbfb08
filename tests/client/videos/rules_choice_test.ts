import { expect } from "expect";
import {
  describeRules,
  isComplete,
  NO_RULES,
  readRulesFile,
} from "../../../lib/client/videos/rules_choice.ts";

/** What is said of a file with some text, and whether a video can be sent with it. */
async function read(text: string): Promise<[note: string, isComplete: boolean]> {
  const choice = await readRulesFile(new File([text], "rules.json"));
  expect(choice.fileName).toBe("rules.json");
  return [describeRules(choice), isComplete(choice)];
}

Deno.test("a file of rules is a list as JSON", async () => {
  expect(await read('[{"id":"dog","when":"enter"}]')).toEqual(["1 rule", true]);
  expect(await read(" [] ")).toEqual(["0 rules", true]);
  expect(await read("")).toEqual(["The file is not JSON.", false]);
  expect(await read('{"sets":{}}'))
    .toEqual(["The file has to hold a list of rules: [ … ].", false]);
  expect(await read(`[${" ".repeat(262_144)}]`))
    .toEqual(["The file is too large for a list of rules.", false]);
});

Deno.test("a video is sent without rules, or once those that are wanted are there", () => {
  expect(isComplete(NO_RULES)).toBe(true);
  expect(isComplete({ ...NO_RULES, source: "file" })).toBe(false);
  expect(isComplete({ ...NO_RULES, source: "set" })).toBe(false);
  expect(isComplete({ ...NO_RULES, source: "set", text: "door" })).toBe(true);
});
