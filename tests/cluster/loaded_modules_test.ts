import { expect } from "expect";

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: {
      code?: { specifier: string };
      isDynamic?: boolean;
    }[];
  }[];
  redirects: Record<string, string>;
}

/** What is loaded when a module of the project is, in the end; not what it may load later. */
async function loadedBy(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const { modules, redirects }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set([new URL(`../../${entry}`, import.meta.url).href]);
  for (const name of loaded) {
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code && !isDynamic) loaded.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return [...loaded];
}

Deno.test("a server by itself loads nothing of the cluster", async () => {
  const isOfCluster = (name: string) => /\/lib\/cluster\/|@nats-io\//.test(name);
  const program = await loadedBy("main.ts");
  expect(program.length).toBeGreaterThan(100);
  expect(program.filter(isOfCluster)).toEqual([]);
  // It would be noticed.
  expect((await loadedBy("lib/cluster/cluster.ts")).filter(isOfCluster).length).toBeGreaterThan(10);
});
