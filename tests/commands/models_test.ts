import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { MODELS } from "../../lib/pipeline/model_catalog.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

const COMMAND = fileURLToPath(new URL("../../commands/models.ts", import.meta.url));

/** Runs the command as users do, with no more permissions than it needs. */
async function models(args: string[], modelDir = MODEL_DIR) {
  const permissions = [
    ..."--no-prompt --allow-net --allow-read --allow-env --allow-sys=homedir,uid".split(" "),
    `--allow-write=${modelDir}`,
  ];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", ...permissions, COMMAND, ...args],
    env: { MODEL_DIR: modelDir },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

Deno.test("models fetches a named model, tells its licence once, and fetches it once only", async () => {
  const folder = await Deno.makeTempDir();
  const first = await models(["yolov8n"], folder);
  expect(first).toMatchObject({ code: 0, errors: "" });
  expect(first.output).toContain("yolov8n.onnx (12.8 MB)");
  expect(first.output.match(/AGPL-3\.0/g)).toHaveLength(1);
  const second = await models(["yolov8n"], folder);
  expect(second).toEqual({ code: 0, errors: "", output: "All models are there already\n" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("models --list shows every model, and which are there", async () => {
  await ensureModel();
  const { code, output } = await models(["--list"]);
  expect(code).toBe(0);
  const [, ...rows] = output.trimEnd().split("\n");
  expect(rows.map((row) => row.split(/\s+/)[0])).toEqual(MODELS.map((model) => model.id));
  expect(rows[0]).toMatch(/^yolov8n +12\.8 MB +AGPL-3\.0 +yes +yes$/);
});

Deno.test("models refuses a name that it does not know, and lists those it does", async () => {
  const { code, errors } = await models(["yolov8n", "yolov99"]);
  expect(code).toBe(2);
  expect(errors).toBe(
    `Unknown model: yolov99; known are ${MODELS.map((model) => model.id).join(", ")}\n`,
  );
});

Deno.test("models refuses an option that it does not know", async () => {
  const { code, errors } = await models(["--everything"]);
  expect(code).toBe(2);
  expect(errors).toContain("--everything");
  expect(errors).toContain("Usage:");
});

Deno.test("models --help shows how to use it", async () => {
  const { code, output } = await models(["--help"]);
  expect(code).toBe(0);
  expect(output).toContain("Usage: deno task models");
});

Deno.test("models tells in one line why it cannot fetch", async () => {
  const file = await Deno.makeTempFile();
  const { code, errors } = await models([], `${file}/models`);
  expect(code).toBe(1);
  expect(errors).toMatch(/^Cannot write models to .*\n$/);
  await Deno.remove(file);
});
