import { expect } from "expect";
import { bundleIslands } from "../../vendor/fresh/bundle_islands.ts";
import { projectFiles } from "../project_files.ts";

const ROOT = new URL("../../", import.meta.url);

/**
 * What the oldest browsers in question lack, or learnt in the last years. A missing method breaks one button in
 * silence, so all that is newer than ECMAScript 2022 stays out, and so does what only some browsers have.
 */
const TOO_NEW = [
  // Arrays and collections
  /\.(toReversed|toSorted|toSpliced|findLast|findLastIndex|getOrInsert\w*)\(/,
  /\.(isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(/,
  /\b(Object|Map)\.groupBy\b/,
  /\bArray\.fromAsync\b/,
  /\bIterator\b/,
  /\.(keys|values|entries)\(\)\.(map|filter|some|every|find|forEach|reduce|take|drop|toArray)\(/,
  // Language
  /\bPromise\.(withResolvers|try)\b/,
  /\b(RegExp\.escape|Error\.isError|Math\.(sumPrecise|f16round)|Atomics\.waitAsync|Temporal)\b/,
  /\b(isWellFormed|toWellFormed)\(/,
  /\b(Float16Array|DisposableStack|AsyncDisposableStack|FinalizationRegistry)\b/,
  /\b(toBase64|fromBase64|toHex|fromHex)\(/,
  /\busing [\w$]+\s*=/,
  // The web
  /\bURL\.(parse|canParse)\b/,
  /\bAbortSignal\.any\b/,
  /\.bytes\(\)/,
  /\b(requestIdleCallback|scheduler\.|startViewTransition|showPopover|moveBefore|setHTML)\b/,
  /\b(ImageDecoder|MediaStreamTrackProcessor|CloseWatcher|Sanitizer|URLPattern)\b/,
];

/** The same for styles: layers, nesting, `:has()` and `light-dark()` are in all of them. */
const TOO_NEW_STYLES = [
  // Rules
  /@(scope|starting-style|function|view-transition|position-try)\b/,
  /@container\s+(style|scroll-state)\(/,
  // Properties
  /(?<![\w-])(anchor-name|position-(anchor|area|try)|interpolate-size|field-sizing)\s*:/,
  /(?<![\w-])((animation|scroll|view)-timeline|view-transition-name|corner-shape|text-box)\s*:/,
  // Values
  /\b(if|sibling-index|sibling-count|anchor|calc-size|contrast-color|random|shape)\(/,
  /\((from var\(|from #)|\ballow-discrete\b/,
  // Selectors
  /:(popover-open|open|state\(|has-slotted|active-view-transition)/,
  /::(details-content|picker|checkmark|scroll-)/,
  // The first browsers with nesting apply declarations of a nested rule with a condition to elements alone, and move
  // those that follow a nested rule before it.
  /::[\w-]+\s*\{[^{}]*@media/,
  /\}\s*[a-z-]+:\s[^{};]+;/,
];

/** What devalue, which reads the props of islands, uses for values of these kinds alone, or only where it is there. */
const HARMLESS = new Set(["Temporal", "Float16Array", "fromBase64("]);

Deno.test("what browsers load asks for nothing that those of the last two years may lack", async () => {
  const islands = ["live", "videos"].map((name) =>
    new URL(`islands/bundles/${name}.ts`, ROOT).pathname
  );
  const { modules } = await bundleIslands(islands, { minify: false });
  expect(modules.size).toBeGreaterThan(3);
  for (const [path, bytes] of modules) {
    const code = new TextDecoder().decode(bytes);
    const isAllowed = (word: string) => path === "vendor/fresh/client.js" && HARMLESS.has(word);
    const found = TOO_NEW.flatMap((pattern) => pattern.exec(code)?.[0] ?? [])
      .filter((word) => !isAllowed(word));
    expect({ path, found }).toEqual({ path, found: [] });
  }
});

Deno.test("styles ask for nothing that browsers of the last two years may lack", async () => {
  const files = projectFiles(/^static\/styles\/.*\.css$/);
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const styles = (await Deno.readTextFile(new URL(file, ROOT))).replace(/\/\*.*?\*\//gs, "");
    const found = TOO_NEW_STYLES.flatMap((pattern) => pattern.exec(styles)?.[0] ?? []);
    expect({ file, found }).toEqual({ file, found: [] });
  }
});

Deno.test("something too new would be noticed", () => {
  const samples = [
    "[1].toReversed()",
    "const { promise } = Promise.withResolvers()",
    "new Map().values().map((it) => it)",
    "using file = open()",
    "URL.parse(text)",
  ];
  for (const sample of samples) {
    expect([sample, TOO_NEW.some((pattern) => pattern.test(sample))]).toEqual([sample, true]);
  }
  const styles = [
    "@scope (.a) { b { top: 0 } }",
    ".a { field-sizing: content }",
    ".a { top: anchor(bottom) }",
    "dialog:open { top: 0 }",
    ".a { &::before { top: 0; @media (max-width: 1px) { top: 1px } } }",
    ".a { b { top: 0 } left: 0; }",
  ];
  for (const sample of styles) {
    const isFound = TOO_NEW_STYLES.some((pattern) => pattern.test(sample));
    expect([sample, isFound]).toEqual([sample, true]);
  }
});
