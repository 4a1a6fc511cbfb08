import type { JSX } from "preact";
import type { TypeWord } from "../../lib/reference/describe_type.ts";
import { schemaAnchor } from "../../lib/reference/group_operations.ts";

/** A type in words, with links to the schemas that it names. */
export function TypeText({ type }: { type: readonly TypeWord[] }): JSX.Element {
  return (
    <span class="type">
      {type.map(({ kind, text }, index) => {
        if (kind === "schema") return <a key={index} href={`#${schemaAnchor(text)}`}>{text}</a>;
        return kind === "value" ? <code key={index}>{text}</code> : text;
      })}
    </span>
  );
}
