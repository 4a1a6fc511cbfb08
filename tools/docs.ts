/**
 * Writes the documents that are made from the code: `deno task docs`.
 *
 * @module
 */

import { describeDependencies } from "./dependencies.ts";
import { describeFields } from "./field_comments.ts";

const ROOT = new URL("../", import.meta.url);

/** Holds what the comments of the schemas say; the documents are made from it. */
const COMMENTS = "lib/protocol/comments.json";

/** Formats Markdown as `deno fmt` does. */
async function formatMarkdown(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: ROOT,
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

/** The documents by their paths in the project, formatted; the comments as the file has them are part of the others. */
export async function makeDocuments(): Promise<Record<string, string>> {
  // Imported here and not above, so that they find the comments as they have just been written.
  const { describeEndpoints } = await import("./endpoints.ts");
  const { fillTables } = await import("./schema_tables.ts");
  const protocol = await Deno.readTextFile(new URL("docs/protocol.md", ROOT));
  return {
    [COMMENTS]: await describeFields(),
    "docs/protocol.md": await formatMarkdown(fillTables(protocol)),
    "docs/endpoints.md": await formatMarkdown(describeEndpoints(protocol)),
    "docs/dependencies.md": await formatMarkdown(await describeDependencies()),
  };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(COMMENTS, ROOT), await describeFields());
  for (const [path, text] of Object.entries(await makeDocuments())) {
    await Deno.writeTextFile(new URL(path, ROOT), text);
  }
}
