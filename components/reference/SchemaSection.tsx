import type { JSX } from "preact";
import { describeFields } from "../../lib/reference/describe_fields.ts";
import { describeType } from "../../lib/reference/describe_type.ts";
import { schemaAnchor } from "../../lib/reference/group_operations.ts";
import type { Schema } from "../../lib/reference/open_api_document.ts";
import { FieldList } from "./FieldList.tsx";
import { JsonExample } from "./JsonExample.tsx";
import { Prose } from "./Prose.tsx";
import { TypeText } from "./TypeText.tsx";

/** One schema of the document: its fields, or what it is where it is no object, and an example. */
export function SchemaSection({ name, schema }: { name: string; schema: Schema }): JSX.Element {
  const rows = describeFields(schema);
  const anchor = schemaAnchor(name);
  const [example] = schema.examples ?? [];
  return (
    <article id={anchor} class="entry">
      <h3>
        <a href={`#${anchor}`}>{name}</a>
      </h3>
      {schema.description !== undefined && <Prose text={schema.description} />}
      {rows.length > 0 ? <FieldList rows={rows} /> : (
        <p>
          <TypeText type={describeType(schema)} />
        </p>
      )}
      {example !== undefined && <JsonExample title="Example" value={example} />}
    </article>
  );
}
