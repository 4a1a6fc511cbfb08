import { expect } from "expect";
import { projectFiles } from "./project_files.ts";

const ROOT = new URL("../", import.meta.url);

/** Where `deno doc --lint` finds something exported, or a part of it, that nothing is said about. */
async function undocumented(files: string[]): Promise<string[]> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...files],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const stderr = new TextDecoder().decode(output.stderr);
  // What else it finds is types of packages in signatures, which say for themselves what they are.
  const findings = stderr.matchAll(/^error\[missing-jsdoc\].*\n\s*--> (.*)$/gm);
  return [...findings].map(([, place = ""]) => place.slice(ROOT.pathname.length))
    .filter((place) => !place.startsWith("node_modules/"));
}

Deno.test("everything that is exported says what it is", async () => {
  const files = projectFiles(/^(?:(?:client|lib)\/.*\.tsx?|services\.ts|app\.ts)$/);
  expect(files.length).toBeGreaterThan(100);
  expect(await undocumented(files)).toEqual([]);
});

Deno.test("what says nothing would be noticed", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, "export interface Size {\n  width: number;\n}\n");
    expect(await undocumented([path])).toHaveLength(2);
  } finally {
    await Deno.remove(path);
  }
});
