import { expect } from "expect";
import project from "../../deno.json" with { type: "json" };
import { ensureModel } from "../pipeline/models.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs a task of deno.json with its permissions, but without setting up what is missing. */
async function runTask(
  task: keyof typeof project.tasks,
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = project.tasks[task].replace(/^deno task -q setup && deno /, "").split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: ROOT,
    env: environment,
    signal: AbortSignal.timeout(240_000),
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: text ?? "", stderr: errors ?? "" };
}

for (const task of ["bench", "bench:frame", "bench:ocr"] as const) {
  Deno.test(`${task} --help tells of --peers`, async () => {
    const { code, stdout, stderr } = await runTask(task, ["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: deno task ${task} [options]\n`);
    expect(stdout).toMatch(/^ {2}--peers .*compare/im);
  });
}

for (const task of ["bench:frame", "bench:ocr"] as const) {
  Deno.test(`${task} --peers says in one line that there is no Python`, async () => {
    await ensureModel();
    const { code, stderr } = await runTask(task, ["--peers"], { PATH: "/nonexistent" });
    const line = stderr.trim().split("\n").at(-1);
    expect([code, line]).toEqual([
      2,
      "livesyte: Cannot compare with programs in Python: there is no python3; " +
      "install Python 3.11 or later, or leave --peers out",
    ]);
  });
}

Deno.test("bench:frame measures the model of the settings", async () => {
  const { code, stderr } = await runTask("bench:frame", [], { YOLO_MODEL: "missing.onnx" });
  expect([code, stderr]).toEqual([2, expect.stringContaining("missing.onnx")]);
});

Deno.test("bench and bench:frame refuse options that make no sense, in one line", async () => {
  const refused = [
    ["bench", ["--images", "photographs"], "--images is for --peers"],
    ["bench", ["--rounds"], "Unknown option '--rounds'; see \"deno task bench --help\""],
    ["bench:frame", ["--images", "photographs"], "--images is for --peers"],
    ["bench:frame", ["--peers", "--json", "a.json"], "--json is for --images"],
    [
      "bench:frame",
      ["--iterations", "0"],
      "Cannot use --iterations 0: expected a whole number from 1",
    ],
  ] as const;
  for (const [task, args, message] of refused) {
    const { code, stderr } = await runTask(task, [...args]);
    expect([code, stderr]).toEqual([2, `livesyte: ${message}\n`]);
  }
});
