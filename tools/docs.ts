/**
 * Writes the documents that are made from the code: `deno task docs`.
 *
 * @module
 */

import { describeDependencies } from "./dependencies.ts";
import { describeEndpoints } from "./endpoints.ts";

const DOCS = new URL("../docs/", import.meta.url);

/** Formats Markdown as `deno fmt` does. */
export async function formatMarkdown(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: DOCS,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await output;
  if (!success) throw new Error("Cannot format a document");
  return new TextDecoder().decode(stdout);
}

/** The documents by their names in `docs/`, formatted. */
export async function makeDocuments(): Promise<Record<string, string>> {
  return {
    "endpoints.md": await formatMarkdown(describeEndpoints()),
    "dependencies.md": await formatMarkdown(await describeDependencies()),
  };
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await makeDocuments())) {
    await Deno.writeTextFile(new URL(name, DOCS), text);
  }
}
