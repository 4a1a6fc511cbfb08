import { expect } from "expect";
import { bundleIslands } from "../../vendor/fresh/bundle_islands.ts";

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
});
