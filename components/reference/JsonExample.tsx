import type { JSX } from "preact";
import { formatJson } from "../../lib/reference/format_json.ts";

/** A JSON value under a title. */
export function JsonExample({ title, value }: { title: string; value: unknown }): JSX.Element {
  return (
    <>
      <h4>{title}</h4>
      <pre><code>{formatJson(value)}</code></pre>
    </>
  );
}
