import type { JSX } from "preact";
import { describeType } from "../../lib/reference/describe_type.ts";
import type { Schema, WebSocketMessages } from "../../lib/reference/open_api_document.ts";
import { schemaAnchor } from "../../lib/reference/group_operations.ts";
import { formatJson } from "../../lib/reference/format_json.ts";
import { InlineProse, Prose } from "./Prose.tsx";
import { TypeText } from "./TypeText.tsx";

/** What goes over a WebSocket, both ways, and why it is closed. */
export function MessagesPart(
  { messages, schemas }: {
    messages: WebSocketMessages;
    schemas: Readonly<Record<string, Schema>>;
  },
): JSX.Element {
  const { client, server, closes } = messages;
  return (
    <>
      <h4>The client sends</h4>
      <Prose text={client.description} />
      {client.schema && <MessageList names={membersOf(client.schema, schemas)} schemas={schemas} />}
      <h4>The server sends</h4>
      <Prose text={server.description} />
      <p>
        Each is a <TypeText type={describeType(server.schema)} />, one of these:
      </p>
      <MessageList names={membersOf(server.schema, schemas)} schemas={schemas} />
      <h4>The server closes with</h4>
      <dl class="closes">
        {closes.map(({ code, reason, meaning }) => (
          <div key={reason}>
            <dt>
              {code} <code>{reason}</code>
            </dt>
            <dd>
              <InlineProse text={meaning} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function MessageList(
  { names, schemas }: { names: readonly string[]; schemas: Readonly<Record<string, Schema>> },
): JSX.Element {
  return (
    <dl class="messages">
      {names.map((name) => {
        const { description = "", examples: [example] = [] } = schemas[name] ?? {};
        return (
          <div key={name}>
            <dt>
              <a href={`#${schemaAnchor(name)}`}>{name}</a>
            </dt>
            <dd>
              <p>
                <InlineProse text={description} />
              </p>
              {example !== undefined && <pre><code>{formatJson(example)}</code></pre>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** The names of the schemas that a message may have: those of a union, or its own. */
function membersOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): string[] {
  const name = nameOf(schema);
  const members = (schemas[name]?.anyOf ?? []).map((each) =>
    typeof each === "object" ? nameOf(each) : ""
  );
  return members.length > 0 ? members : [name];
}

function nameOf({ $ref = "" }: Schema): string {
  return $ref.split("/").at(-1) ?? "";
}
