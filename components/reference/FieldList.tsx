import type { JSX } from "preact";
import type { FieldRow } from "../../lib/reference/describe_fields.ts";
import { InlineProse } from "./Prose.tsx";
import { TypeText } from "./TypeText.tsx";

/** Fields of an object, or parameters, each with its type and what it means. */
export function FieldList({ rows }: { rows: readonly FieldRow[] }): JSX.Element {
  return (
    <dl class="fields">
      {rows.map(({ path, type, isOptional, meaning }) => (
        <div key={path}>
          <dt>
            <code>{path}</code>
            <TypeText type={type} />
            {isOptional && <span class="optional">optional</span>}
          </dt>
          <dd>
            <InlineProse text={meaning} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
