import type { JSX } from "preact";
import { type OperationGroup, schemaAnchor } from "../../lib/reference/group_operations.ts";

/** The table of contents. */
export function ReferenceContents(
  { groups, schemas }: { groups: readonly OperationGroup[]; schemas: readonly string[] },
): JSX.Element {
  return (
    <nav class="contents" aria-label="Contents">
      <ul>
        <li>
          <a href="#begin">Begin here</a>
        </li>
        {groups.map(({ anchor, name, operations }) => (
          <li key={anchor}>
            <a href={`#${anchor}`}>{name}</a>
            <ul>
              {operations.map((each) => (
                <li key={each.anchor}>
                  <a href={`#${each.anchor}`}>
                    <span class="method">{each.method}</span> {each.path}
                  </a>
                </li>
              ))}
            </ul>
          </li>
        ))}
        <li>
          <a href="#schemas">Schemas</a>
          <ul>
            {schemas.map((name) => (
              <li key={name}>
                <a href={`#${schemaAnchor(name)}`}>{name}</a>
              </li>
            ))}
          </ul>
        </li>
      </ul>
    </nav>
  );
}
