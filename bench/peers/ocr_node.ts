/**
 * Reads an image with `@gutenye/ocr-node` for each line on standard input, and writes how long that took.
 *
 * A process with packages of its own, so that whoever only uses livesyte need not fetch them.
 *
 * @module
 */

import Ocr from "@gutenye/ocr-node";

/** What one line on standard output tells, as JSON. */
interface Reading {
  /** In milliseconds. */
  elapsed: number;
  texts: string[];
}

const reader = await Ocr.create();
const path = Deno.args[0] ?? "";
for await (const _line of Deno.stdin.readable) {
  const started = performance.now();
  const lines = await reader.detect(path);
  const reading: Reading = {
    elapsed: performance.now() - started,
    texts: lines.map(({ text }: { text: string }) => text),
  };
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${JSON.stringify(reading)}\n`),
  );
}
