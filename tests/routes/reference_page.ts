/** Reads the page at `/docs` as programs can. */

/** A block of code on the page, as people copy it. */
export interface CodeBlock {
  /** The id of the part of the page that it is in: an operation, a schema or `begin`. */
  part: string;
  /** The file that it is to be saved as; empty for none. */
  file: string;
  text: string;
}

/** The ids of the elements of a page. */
export function idsOf(html: string): string[] {
  return Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id = ""]) => id);
}

/** Every block of code, in the order of the page. */
export function codeBlocksOf(html: string): CodeBlock[] {
  const parts = html.matchAll(
    /<(?:section|article) id="([^"]+)"(.*?)(?=<(?:section|article) |$)/gs,
  );
  return Array.from(parts).flatMap(([, part = "", inner = ""]) =>
    Array.from(
      inner.matchAll(/<pre(?: data-file="([^"]*)")?><code>(.*?)<\/code><\/pre>/gs),
      ([, file = "", text = ""]) => ({ part, file, text: unescapeHtml(text) }),
    )
  );
}

function unescapeHtml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
