/**
 * JSON as people like to read it.
 *
 * @module
 */

/** Longest line that a list or an object is written in, in characters. */
const MAX_LINE = 76;

/** Writes a JSON value; what fits in one line stands in one. */
export function formatJson(value: unknown, indent = ""): string {
  const line = writeLine(value);
  if (indent.length + line.length <= MAX_LINE || typeof value !== "object" || value === null) {
    return line;
  }
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const entries = isList
    ? value.map((each) => inner + formatJson(each, inner))
    : Object.entries(value).map(([key, each]) =>
      `${inner}${JSON.stringify(key)}: ${formatJson(each, inner)}`
    );
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${entries.join(",\n")}\n${indent}${close}`;
}

function writeLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const parts = entries.map(([key, each]) => `${JSON.stringify(key)}: ${writeLine(each)}`);
  return `{ ${parts.join(", ")} }`;
}
