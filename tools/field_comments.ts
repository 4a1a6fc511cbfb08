/**
 * `lib/protocol/comments.json`: what the comments of the schemas say, for the OpenAPI document and the tables of `docs/`.
 *
 * The comments are where editors show them, and the page, which shares the schemas, does not carry them.
 *
 * @module
 */

const PROTOCOL = new URL("../lib/protocol/", import.meta.url);

/** What is said of a schema, under an empty name, and of its fields, by their paths such as `models.detector`. */
export type Comments = Record<string, string>;

/** A `/** … *\/` comment, or a line of code with its indentation; files are formatted, so that a field begins a line. */
const COMMENT_OR_LINE = /^ *\/\*\*([\s\S]*?)\*\/|^( *)(\S.*)/gm;
const SCHEMA = /^(?:export )?const (\w+)Schema\b/;
const TYPE = /^export type (\w+) =/;
const FIELD = /^(\w+)(?::|,$)/;
const SPREAD = /^\.\.\.(\w+)Schema\.entries,$/;

/** The comments of one schema, and the schemas whose entries it takes. */
interface Found {
  comments: Comments;
  spreads: string[];
}

/**
 * Reads the comments of the schemas, by the names of the schemas without `Schema`.
 *
 * What is said of a type goes before what is said of its schema.
 *
 * @param source One module of `lib/protocol`, or several, one behind the other
 */
export function readFieldComments(source: string): Record<string, Comments> {
  const schemas: Record<string, Found> = {};
  let current: Found = { comments: {}, spreads: [] };
  let comment: string | undefined;
  let path: { name: string; indent: number }[] = [];
  for (const [, text, spaces = "", line = ""] of source.matchAll(COMMENT_OR_LINE)) {
    if (text !== undefined) {
      comment = joinLines(text);
      continue;
    }
    const indent = spaces.length;
    path = path.filter((outer) => outer.indent < indent);
    const [schema, type, spread, field] = [SCHEMA, TYPE, SPREAD, FIELD]
      .map((pattern) => pattern.exec(line)?.[1]);
    if (schema !== undefined) {
      const comments: Comments = comment === undefined ? {} : { "": comment };
      current = schemas[schema] = { comments, spreads: [] };
    } else if (type !== undefined && comment !== undefined) {
      Object.assign(schemas[type]?.comments ?? {}, { "": comment });
    } else if (spread !== undefined) {
      current.spreads.push(spread);
    } else if (field !== undefined && indent > 0) {
      path.push({ name: field, indent });
      if (comment !== undefined) current.comments[path.map(({ name }) => name).join(".")] = comment;
    }
    comment = undefined;
  }
  return Object.fromEntries(Object.keys(schemas).map((name) => [name, withSpreads(schemas, name)]));
}

function withSpreads(schemas: Record<string, Found>, name: string): Comments {
  const { comments, spreads } = schemas[name] ?? { comments: {}, spreads: [] };
  return Object.assign({}, ...spreads.map((each) => withSpreads(schemas, each)), comments);
}

function joinLines(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^ *\* ?/, "").trim());
  return lines.join(" ").trim().replace(/\{@linkcode (\w+)\}/g, "`$1`");
}

/** The file, as JSON. */
export async function describeFields(): Promise<string> {
  const names = [...Deno.readDirSync(PROTOCOL)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts")).sort();
  const sources = await Promise.all(
    names.map((name) => Deno.readTextFile(new URL(name, PROTOCOL))),
  );
  return `${JSON.stringify(readFieldComments(sources.join("\n")), null, 2)}\n`;
}
