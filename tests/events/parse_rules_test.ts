import { expect } from "expect";
import { checkFit } from "../../lib/events/check_fit.ts";
import { RuleError } from "../../lib/events/errors.ts";
import { parseRules } from "../../lib/events/parse_rules.ts";
import { parseRuleSets, readRulesFile } from "../../lib/events/rule_sets.ts";
import { TextPattern } from "../../lib/events/text_pattern.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const ENTER = { id: "a", when: "enter" };
const CROSS = { id: "a", when: "cross", line: [[0, 0.5], [1, 0.5]] };
const TEXT = { id: "a", when: "text", pattern: "x" };

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
  throw new Error("Nothing was refused");
}

Deno.test("a rule has defaults for all that it leaves out", () => {
  expect(parseRules([ENTER])).toEqual([{
    ...ENTER,
    zone: null,
    line: null,
    classes: [],
    seconds: 3,
    at_least: 1,
    cooldown_s: 30,
    actions: ["webhook", "mqtt"],
  }]);
  // What an answer tells can be sent back.
  for (const each of [ENTER, CROSS, TEXT]) {
    expect(parseRules(parseRules([each]))).toEqual(parseRules([each]));
  }
});

/** What is wrong with rules, by what is said of it. */
const WRONG: Record<string, unknown> = {
  "Cannot use rules: expected a list of rules": {},
  "Cannot use rules: it has 101 rules, and there may be 100": Array(101).fill(ENTER),
  "Cannot use rules[0]: expected a JSON object": ["enter"],
  'Cannot use rules[1].id: "a" is there twice': [ENTER, CROSS],
  'Cannot use rules[0].id: expected 1 to 40 lower-case letters, digits and hyphens, got "Door 1"': [
    { ...ENTER, id: "Door 1" },
  ],
  "Cannot use rules[0].when: expected one of enter, leave, dwell, cross, count, text, got nothing":
    [{ id: "a" }],
  "Cannot use rules[0].colour: no such field, there are id, name, zone, line, classes, when, seconds, at_least, pattern, cooldown_s, actions":
    [{ ...ENTER, colour: "red" }],
  "Cannot use rules[0].zone: expected null, or 3 to 50 corners [x, y], each a share of the picture between 0 and 1, got [[0,0],[1,1]]":
    [{ ...ENTER, zone: [[0, 0], [1, 1]] }],
  "Cannot use rules[0].zone: expected null, or 3 to 50 corners [x, y], each a share of the picture between 0 and 1, got [[0,0],[640,0],[640,480]]":
    [{ ...ENTER, zone: [[0, 0], [640, 0], [640, 480]] }],
  "Cannot use rules[0].zone: its edges cross or touch each other: give the corners in their order":
    [{ ...ENTER, zone: [[0, 0], [1, 1], [1, 0], [0, 1]] }],
  "Cannot use rules[0].zone: it has no area: expected at least 0.0001 of the picture": [
    { ...ENTER, zone: [[0.1, 0.1], [0.101, 0.1], [0.1, 0.11]] },
  ],
  'Cannot use rules[0].zone: "cross" has a line and no zone: expected null or nothing': [
    { ...CROSS, zone: [[0, 0], [1, 0], [1, 1]] },
  ],
  'Cannot use rules[0].line: "cross" needs a line: expected two points [x, y]': [
    { id: "a", when: "cross" },
  ],
  "Cannot use rules[0].line: its points are the same: expected at least 0.01 between them": [
    { ...CROSS, line: [[0.5, 0.5], [0.5, 0.5]] },
  ],
  'Cannot use rules[0].line: only "cross" has a line, not "dwell": expected null or nothing': [
    { ...CROSS, when: "dwell" },
  ],
  'Cannot use rules[0].pattern: "text" needs a pattern: expected a regular expression': [
    { id: "a", when: "text" },
  ],
  'Cannot use rules[0].pattern: only "text" has a pattern, not "enter": leave it out': [
    { ...ENTER, pattern: "x" },
  ],
  "Cannot use rules[0].pattern: RE2 refuses it (missing closing ): `(`)": [
    { ...TEXT, pattern: "(" },
  ],
  "Cannot use rules[0].pattern: RE2 refuses it (invalid or unsupported Perl syntax: `(?=`)": [
    { ...TEXT, pattern: "(?=a)" },
  ],
  "Cannot use rules[0].pattern: RE2 refuses it (invalid repeat count: `{40}`)": [
    { ...TEXT, pattern: "(a{40}){40}" },
  ],
  "Cannot use rules[0].pattern: it comes to 3002 instructions, and 1000 are allowed: repeat less": [
    { ...TEXT, pattern: "a{1000}b{1000}c{1000}" },
  ],
  [
    `Cannot use rules[0].pattern: expected a regular expression of 1 to 200 characters, got "${
      "x".repeat(63)
    }`
  ]: [{ ...TEXT, pattern: "x".repeat(201) }],
  "Cannot use rules[5].pattern: with it, the patterns come to 5412 instructions, and 5000 are allowed: repeat less":
    Array.from({ length: 10 }, (_, index) => ({ ...TEXT, id: `${index}`, pattern: "a{900}" })),
  [
    `Cannot use rules[0].classes: expected a list of up to 1000 names of classes, each of 100 characters at most, got ["${
      "x".repeat(62)
    }`
  ]: [{ ...ENTER, classes: ["x".repeat(101)] }],
  'Cannot use rules[0].actions: expected a list of webhook and mqtt, got ["mail"]': [
    { ...ENTER, actions: ["mail"] },
  ],
  "Cannot use rules[0].seconds: expected a number between 0 and 86400, got -1": [
    { ...ENTER, seconds: -1 },
  ],
};

for (const [message, rules] of Object.entries(WRONG)) {
  Deno.test(`wrong rules are told: ${message}`, () => {
    expect(messageOf(() => parseRules(rules))).toBe(message);
  });
}

Deno.test("rules that a pipeline cannot fulfil are told, with the classes that are most alike", () => {
  const check = (rule: Record<string, unknown>, lacks = {}) =>
    checkFit(
      parseRules([{ ...ENTER, ...rule }]),
      {
        classes: ["person", "car", "carrot", "dog", "hot dog", "cat"],
        follows: true,
        reads: true,
        ...lacks,
      },
      "the pipeline yolo_only",
    );
  check({ classes: ["person", "hot dog"] });
  check({ classes: ["anything"] }, { classes: undefined });
  expect(messageOf(() => check({ classes: ["person", "Cars"] }))).toBe(
    'Cannot use rules[0].classes[1]: the pipeline yolo_only finds no "Cars": it finds "car", "cat", "carrot", "person", "dog" and 1 other',
  );
  expect(messageOf(() => check({}, { follows: false }))).toBe(
    'Cannot use rules[0].when: "enter" cannot work, because the pipeline yolo_only follows no objects',
  );
  expect(messageOf(() => check({ when: "text", pattern: "x" }, { reads: false }))).toBe(
    'Cannot use rules[0].when: "text" cannot work, because the pipeline yolo_only reads no text',
  );
});

Deno.test("a pattern takes time that grows with the text only", () => {
  const pattern = new TextPattern("(x+x+)+y");
  const startedMs = performance.now();
  for (let round = 0; round < 20; round++) expect(pattern.matches("x".repeat(200))).toBe(false);
  // An engine that goes back would not be done in a lifetime.
  expect(performance.now() - startedMs).toBeLessThan(2000);
  expect(new TextPattern("^B-").matches("A B-12")).toBe(false);
  expect(new TextPattern("(?i)exit").matches("EXIT 5")).toBe(true);
});

Deno.test("the largest pattern that is allowed is compiled and matched quickly", () => {
  const startedMs = performance.now();
  const pattern = new TextPattern("[a-zäöü]{990}");
  pattern.matches("x".repeat(200));
  expect(performance.now() - startedMs).toBeLessThan(2000);
});

for (
  const [what, pattern] of Object.entries({
    "ranges that ignore case": `(?i)[${"B-\u{1e942}".repeat(40)}]`,
    "ranges that ignore case, in numbers": `(?si)[${"--\\x{1e942}".repeat(15)}]`,
    "ranges that ignore case further on": `x(?:(?i:[${"[-\u{1e942}".repeat(40)}]))`,
    "classes of Unicode": `[${"\\pL\\PL".repeat(31)}]`,
  })
) {
  Deno.test(`a pattern whose classes take long to compile is refused before that: ${what}`, () => {
    expect(messageOf(() => parseRules([{ ...TEXT, pattern }]))).toMatch(
      /^Cannot use rules\[0\].pattern: its classes of characters come to \d+ instructions, and 1000 are allowed: use fewer$/,
    );
  });
}

Deno.test("a pattern that comes to far too many instructions is refused before it is compiled", () => {
  for (
    const pattern of [
      "(a|b|.|^|$|){1000}".repeat(11),
      `(${"a".repeat(180)}){1000}`,
      `((${"a".repeat(100)}){30}(\\pL[)\\]]){0,30}){20,}`,
      `(?:${"(|a){1,9}(?s){100}".repeat(9)})`,
      `(${"a".repeat(150)})*(?s){1000}`,
      `(\\Q${"(".repeat(150)}\\E){0,900}`,
    ]
  ) {
    expect(messageOf(() => parseRules([{ ...TEXT, pattern }]))).toBe(
      "Cannot use rules[0].pattern: it comes to more than 1000 instructions, and 1000 are allowed: repeat less",
    );
  }
});

Deno.test("a pattern that comes to no more instructions than are allowed is compiled", () => {
  for (
    const pattern of ["(?:a){990}", "(?:(?:ab){3}){160}", "[a-z]{0,490}", "(?:(?:|))*".repeat(20)]
  ) {
    expect(parseRules([{ ...TEXT, pattern }])).toHaveLength(1);
  }
});

Deno.test("all patterns of a list together may take only so long to compile", () => {
  const rules = Array.from({ length: 100 }, (_, index) => ({
    ...TEXT,
    id: `${index}`,
    pattern: `(?i)[B-\u{1e942}]${index}`,
  }));
  expect(messageOf(() => parseRules(rules))).toMatch(/^Cannot use rules\[\d\].pattern: with it, /);
});

Deno.test("patterns may name the letters of the world", () => {
  for (
    const pattern of [
      "(?i)^[一-鿿]{2}[A-Z0-9]{5,6}$",
      "(?i)^[\\pL\\pN -]+$",
      "[\\x{0}-\\x{10FFFF}]",
    ]
  ) {
    parseRules([{ ...TEXT, pattern }]);
  }
  expect(new TextPattern("(?i)^[а-я]+$").matches("ВХОД")).toBe(true);
});

Deno.test("a pattern that was compiled of late costs nothing again", () => {
  const rules = Array.from({ length: 8 }, (_, index) => ({
    id: `a${index}`,
    when: "text",
    pattern: `${"[\\pL\\pN]".repeat(10)}${index}`,
  }));
  const msOf = () => {
    const startedMs = performance.now();
    parseRules(rules);
    return performance.now() - startedMs;
  };
  const [first, again] = [msOf(), Math.min(msOf(), msOf(), msOf())];
  expect(again).toBeLessThan(first / 3);
});

Deno.test("sets of rules are read, and what is wrong with them is told with file and place", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/rules.json`;
  const read = async (content: string) => {
    await Deno.writeTextFile(path, content);
    return await readRulesFile(path).then((sets) => [...sets.keys()], ({ message }) => message);
  };
  expect(
    await read(
      JSON.stringify({ sets: { door: [ENTER], "gate-2": [CROSS, { ...TEXT, id: "b" }] } }),
    ),
  )
    .toEqual(["door", "gate-2"]);
  expect(await read("[]")).toBe(
    `Cannot use RULES_FILE ${path}: the file: expected {"sets": {"name": [rules]}} and nothing else`,
  );
  expect(await read("{")).toMatch(/^Cannot use RULES_FILE .*: the file: it is not JSON \(.*\)$/);
  expect(await read(JSON.stringify({ sets: { "Front door": [] } }))).toBe(
    `Cannot use RULES_FILE ${path}: sets.Front door: expected a name of 1 to 40 lower-case letters, digits and hyphens`,
  );
  expect(await read(JSON.stringify({ sets: { door: [{ ...ENTER, zone: [[0, 0]] }] } })))
    .toContain(
      `Cannot use RULES_FILE ${path}: sets.door[0].zone: expected null, or 3 to 50 corners`,
    );
  await Deno.remove(path);
  await expect(readRulesFile(path)).rejects.toThrow(
    `Cannot use RULES_FILE ${path}: there is no such file or folder`,
  );
  expect(
    messageOf(() =>
      parseRuleSets(
        JSON.stringify({
          sets: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`s${i}`, []])),
        }),
      )
    ),
  )
    .toBe("Cannot use sets: there are 101, and there may be 100");
});
