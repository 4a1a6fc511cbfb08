/**
 * Everything that runs, runs from deno.lock and from what set-up fetched.
 *
 * @module
 */

import { expect } from "expect";
import { projectFiles } from "./project_files.ts";
import project from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** Ways to run packages that nobody has tested. Written in parts, so that this file has none of them. */
const UNLOCKED = [["--no-", "lock"], ['"lock": ', "false"], ["--frozen=", "false"]]
  .map((parts) => parts.join(""));

/** Locks what Fresh brings that is not the stand-in, before it runs anything. */
const RELOCKED = ".github/workflows/real_fresh.yml";

Deno.test("nothing runs without the lock file", async () => {
  const files = projectFiles(/\.(?:tsx?|jsonc?|sh|ya?ml|service)$|^\.ci\/|Dockerfile$/);
  expect(files.length).toBeGreaterThan(300);
  for (const file of files.filter((file) => file !== RELOCKED)) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    expect([file, UNLOCKED.filter((way) => text.includes(way))]).toEqual([file, []]);
  }
  expect(project.lock).toEqual({ frozen: true });
});

Deno.test("tasks that import packages take them from what set-up fetched", () => {
  for (const [name, command] of Object.entries(project.tasks)) {
    for (const [, run = ""] of command.matchAll(/deno (?:run|test)( .*?)(?=&&|$)/g)) {
      // Set-up itself imports no package; the build has Deno fetch the bundler that belongs to it.
      if (name === "setup" || name === "build") continue;
      expect([name, run]).toEqual([name, expect.stringContaining(" --cached-only ")]);
    }
  }
});

Deno.test("set-up imports no package", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "commands/setup.ts"],
    cwd: ROOT,
  }).output();
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  expect(modules.length).toBeGreaterThan(3);
  expect(modules.filter(({ specifier }) => !/^(?:file|node):/.test(specifier))).toEqual([]);
});

/** Every import of the project is an exact version, so that the lock file is the same wherever it is made. */
Deno.test("all versions are exact", () => {
  for (const [name, specifier] of Object.entries(project.imports)) {
    if (specifier.startsWith("npm:")) {
      expect([name, specifier]).toEqual([name, expect.stringMatching(/@\d+\.\d+\.\d+$/)]);
    }
  }
});
