import { expect } from "expect";

const ROOT = new URL("../", import.meta.url);

/** A part of what `deno doc --json` tells of a module. */
interface Documentation {
  nodes: Record<string, { symbols: DocumentedSymbol[] }>;
}

interface DocumentedSymbol {
  name: string;
  declarations: {
    kind: string;
    declarationKind?: string;
    jsDoc?: { doc?: string };
    def?: { methods?: DocumentedMethod[] };
  }[];
}

interface DocumentedMethod {
  name: string;
  accessibility?: string;
  kind: string;
  jsDoc?: { doc?: string };
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd: ROOT }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Names of exported things, and of their methods, that nothing is said about. */
async function undocumented(): Promise<string[]> {
  const files = (await run("git", "ls-files", "lib/*.ts", "lib/*.tsx", "services.ts", "app.ts"))
    .trim().split("\n");
  const { nodes }: Documentation = JSON.parse(
    await run(Deno.execPath(), "doc", "--json", "--quiet", ...files),
  );
  expect(Object.keys(nodes).length).toBe(files.length);
  return Object.entries(nodes).flatMap(([module, { symbols }]) => {
    const file = module.slice(ROOT.href.length);
    return symbols.flatMap(({ name, declarations }) =>
      namesWithout(declarations, `${file} ${name}`)
    );
  });
}

function namesWithout(declarations: DocumentedSymbol["declarations"], name: string): string[] {
  // A reference is documented where it comes from, and an interface says what its methods are.
  const exported = declarations.filter(({ declarationKind, kind }) =>
    declarationKind === "export" && kind !== "reference"
  );
  const missing = exported.length > 0 && !exported.some(({ jsDoc }) => jsDoc?.doc) ? [name] : [];
  const methods = exported.flatMap(({ kind, def }) => kind === "class" ? def?.methods ?? [] : [])
    // Those of the language's own protocols say what they do by their names.
    .filter(({ accessibility, name: method }) => accessibility !== "private" && method[0] !== "[")
    .filter((method, _, all) =>
      !all.some((other) => other.name === method.name && other.jsDoc?.doc)
    );
  return [...missing, ...new Set(methods.map((method) => `${name}.${method.name}`))];
}

Deno.test("everything that is exported says what it is", async () => {
  expect(await undocumented()).toEqual([]);
});
