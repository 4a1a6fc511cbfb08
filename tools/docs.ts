/**
 * Writes the documents that are made from the code: `deno task docs`.
 *
 * @module
 */

import * as v from "valibot";
import { drawAccuracy } from "../bench/comparison/accuracy_plot.ts";
import { ComparisonSchema, describeComparison } from "../bench/comparison/comparison.ts";
import { describeDependencies } from "./dependencies.ts";
import { describeFields } from "./field_comments.ts";

const ROOT = new URL("../", import.meta.url);

/** Holds what the comments of the schemas say; the documents are made from it. */
const COMMENTS = "lib/protocol/comments.json";

/** What `deno task bench:frame --peers --json` has measured. */
const COMPARISON = "bench/comparison.json";

/** Where the table of the comparison stands in `docs/performance.md`, between its comments. */
const COMPARISON_TABLE = /(<!-- comparison, made by .* -->\n)[\s\S]*?(<!-- end of comparison -->)/;

/** Formats Markdown, or another language by the extension of its files, as `deno fmt` does. */
async function format(text: string, extension = "md"): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", extension, "-"],
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
  const { describeClientTypes } = await import("./client_types.ts");
  const [protocol, performance, measured] = await Promise.all(
    ["docs/protocol.md", "docs/performance.md", COMPARISON]
      .map((path) => Deno.readTextFile(new URL(path, ROOT))),
  ) as [string, string, string];
  const comparison = v.parse(ComparisonSchema, JSON.parse(measured));
  return {
    [COMMENTS]: await describeFields(),
    "client/messages.ts": await format(describeClientTypes(), "ts"),
    "docs/protocol.md": await format(fillTables(protocol)),
    "docs/endpoints.md": await format(describeEndpoints(protocol)),
    "docs/accuracy_and_time.svg": await format(drawAccuracy(comparison), "svg"),
    "docs/performance.md": await format(
      performance.replace(
        COMPARISON_TABLE,
        `$1\n${describeComparison(comparison)}\n\n$2`,
      ),
    ),
    "docs/dependencies.md": await format(await describeDependencies()),
  };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(COMMENTS, ROOT), await describeFields());
  for (const [path, text] of Object.entries(await makeDocuments())) {
    await Deno.writeTextFile(new URL(path, ROOT), text);
  }
}
