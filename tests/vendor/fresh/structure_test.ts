import { expect } from "expect";

const FOLDER = new URL("../../../vendor/fresh/", import.meta.url);
const ENTRIES = ["mod.ts", "runtime.ts", "dev.ts", "internal.ts", "client.ts"];

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

/** The files that each file of the stand-in imports, by their names. */
async function readImports(): Promise<Map<string, string[]>> {
  const imports = new Map<string, string[]>();
  for (const entry of ENTRIES) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", `vendor/fresh/${entry}`],
      cwd: new URL("../../", FOLDER),
    }).output();
    const { modules }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith(FOLDER.href)) continue;
      const targets = dependencies.map(({ code, type }) => (code ?? type)?.specifier ?? "")
        .filter((target) => target.startsWith(FOLDER.href));
      imports.set(
        specifier.slice(FOLDER.href.length),
        targets.map((target) => target.slice(FOLDER.href.length)),
      );
    }
  }
  return imports;
}

Deno.test("no files of the stand-in import each other in a circle, not even for types", async () => {
  const imports = await readImports();
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts"));
  expect([...imports.keys()].sort()).toEqual(files.sort());
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error(`Circle: ${[...path, file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});
