import { expect } from "expect";

const ROOT = new URL("../", import.meta.url);

async function run(
  command: string,
  ...args: string[]
): Promise<{ stdout: string; stderr: string }> {
  const output = await new Deno.Command(command, { args, cwd: ROOT, env: { NO_COLOR: "1" } })
    .output();
  const [stdout = "", stderr = ""] = [output.stdout, output.stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  return { stdout, stderr };
}

/** Where `deno doc --lint` finds something exported, or a part of it, that nothing is said about. */
async function undocumented(files: string[]): Promise<string[]> {
  const { stderr } = await run(Deno.execPath(), "doc", "--lint", ...files);
  // What else it finds is types of packages in signatures, which say for themselves what they are.
  const findings = stderr.matchAll(/^error\[missing-jsdoc\].*\n\s*--> (.*)$/gm);
  return [...findings].map(([, place = ""]) => place.slice(ROOT.pathname.length));
}

Deno.test("everything that is exported says what it is", async () => {
  const { stdout } = await run("git", "ls-files", "lib/*.ts", "lib/*.tsx", "services.ts", "app.ts");
  const files = stdout.trim().split("\n");
  expect(files.length).toBeGreaterThan(100);
  expect(await undocumented(files)).toEqual([]);
});

Deno.test("what says nothing would be noticed", async () => {
  const path = await Deno.makeTempFile({ dir: ROOT.pathname, suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, "export interface Size {\n  width: number;\n}\n");
    expect(await undocumented([path])).toHaveLength(2);
  } finally {
    await Deno.remove(path);
  }
});
