import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

const COMMAND = fileURLToPath(new URL("../../commands/quantize.ts", import.meta.url));
const DOG = fileURLToPath(new URL("../fixtures/dog.jpg", import.meta.url));

/** Runs the command with the permissions that its task gives. */
async function quantize(...args: string[]) {
  const permissions = "--no-prompt --allow-read --allow-write --allow-env --allow-sys --allow-ffi";
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions.split(" "), COMMAND, ...args],
    env: { MODEL_DIR },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

Deno.test("quantize writes a smaller model, and tells how far it agrees", async () => {
  await ensureModel();
  const out = `${await Deno.makeTempDir()}/small.onnx`;
  const { code, output, errors } = await quantize("--out", out, DOG);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(output).toContain(`Wrote ${out} (3.7 MB, before 12.8 MB)\n`);
  expect(output).toMatch(/^Of 3 objects, the copy finds 3 in the same place; it finds 0 others$/m);
  expect(output).toMatch(/times as fast\n$/);
});

Deno.test("quantize tells in one line what it cannot use", async () => {
  await ensureModel();
  const cases: [string[], RegExp][] = [
    [["--everything"], /^livesyte: Unknown option '--everything'; see "quantize --help"\n$/],
    [["gone.jpg"], /^livesyte: Cannot read gone\.jpg: .*\n$/],
    [["--model", DOG], /^livesyte: Cannot quantize the model: Cannot parse the ONNX model: .*\n$/],
    [[COMMAND], /^livesyte: Cannot quantize the model: .*unsupported image format\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, output, errors } = await quantize(...args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toMatch(message);
  }
});
