import { expect } from "expect";
import {
  type AutotuneAnswer,
  autotuneKey,
  keepAnswer,
  readAnswer,
} from "../../lib/pipeline/kept_autotune.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const ANSWER: AutotuneAnswer = {
  precision: "int8",
  plans: [{ workers: 2, threads: 1, latencyMs: 20, pacedMs: 21, framesPerSecond: 90 }],
};

Deno.test("an answer of autotune holds for the same machine and settings only", async () => {
  await using directory = await temporaryDirectory();
  const model = `${directory.path}/yolov8n.onnx`;
  const key = await autotuneKey({ hash: "a" });
  expect(await autotuneKey({ hash: "a" })).toBe(key);
  await keepAnswer(model, key, ANSWER);
  expect(await readAnswer(model, key)).toEqual(ANSWER);
  expect(await readAnswer(model, await autotuneKey({ hash: "b" }))).toBeUndefined();
  expect(await readAnswer(`${directory.path}/other.onnx`, key)).toBeUndefined();
});

Deno.test("the newest answers are kept, also where a command has another than the server", async () => {
  await using directory = await temporaryDirectory();
  const model = `${directory.path}/yolov8n.onnx`;
  for (let count = 0; count < 20; count += 1) await keepAnswer(model, `key ${count}`, ANSWER);
  const kept = [];
  for (let count = 0; count < 20; count += 1) kept.push(await readAnswer(model, `key ${count}`));
  expect(kept.slice(12).every((each) => each !== undefined)).toBe(true);
  expect(kept.slice(0, 12).every((each) => each === undefined)).toBe(true);
  expect([...Deno.readDirSync(directory.path)]).toHaveLength(1);
});

Deno.test("a file of answers that is damaged, or of another version, counts as none", async () => {
  await using directory = await temporaryDirectory();
  const model = `${directory.path}/yolov8n.onnx`;
  for (const text of ["", "[]", '{"key": {"precision": "fp32"}}', '{"key": {"precision": 8}}']) {
    await Deno.writeTextFile(`${directory.path}/yolov8n.autotune.json`, text);
    expect(await readAnswer(model, "key")).toBeUndefined();
  }
  await keepAnswer(model, "key", ANSWER);
  expect(await readAnswer(model, "key")).toEqual(ANSWER);
});

Deno.test("an answer that cannot be kept is no failure", async () => {
  await keepAnswer("/nowhere/yolov8n.onnx", "key", ANSWER);
  expect(await readAnswer("/nowhere/yolov8n.onnx", "key")).toBeUndefined();
});
