import type { JSX } from "preact";
import type { ServerPlace } from "../../lib/reference/curl_command.ts";
import { groupOperations } from "../../lib/reference/group_operations.ts";
import type { OpenApiDocument } from "../../lib/reference/open_api_document.ts";
import { OperationSection } from "./OperationSection.tsx";
import { Prose } from "./Prose.tsx";
import { ReferenceContents } from "./ReferenceContents.tsx";
import { ReferenceIntroduction } from "./ReferenceIntroduction.tsx";
import { SchemaSection } from "./SchemaSection.tsx";

/** The reference of an interface: its contents, how to begin, all operations, and all schemas. */
export function Reference(
  { document, place }: { document: OpenApiDocument; place: ServerPlace },
): JSX.Element {
  const { schemas } = document.components;
  const groups = groupOperations(document);
  return (
    <>
      <ReferenceContents groups={groups} schemas={Object.keys(schemas)} />
      <main>
        <ReferenceIntroduction document={document} place={place} />
        {groups.map(({ anchor, name, description, operations }) => (
          <section key={anchor} id={anchor}>
            <h2>{name}</h2>
            <Prose text={description} />
            {operations.map((placed) => (
              <OperationSection
                key={placed.anchor}
                placed={placed}
                place={place}
                schemas={schemas}
              />
            ))}
          </section>
        ))}
        <section id="schemas">
          <h2>Schemas</h2>
          <p>The objects and values that bodies, answers and messages are made of.</p>
          {Object.entries(schemas).map(([name, schema]) => (
            <SchemaSection key={name} name={name} schema={schema} />
          ))}
        </section>
      </main>
    </>
  );
}
