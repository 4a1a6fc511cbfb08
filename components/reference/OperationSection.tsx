import type { JSX } from "preact";
import { curlCommand, type ServerPlace } from "../../lib/reference/curl_command.ts";
import type { FieldRow } from "../../lib/reference/describe_fields.ts";
import { describeFields } from "../../lib/reference/describe_fields.ts";
import { describeType } from "../../lib/reference/describe_type.ts";
import { errorAnchor, isError } from "../../lib/reference/error_statuses.ts";
import type { PlacedOperation } from "../../lib/reference/group_operations.ts";
import type { Content, Parameter, Schema } from "../../lib/reference/open_api_document.ts";
import { FieldList } from "./FieldList.tsx";
import { MessagesPart } from "./MessagesPart.tsx";
import { Prose } from "./Prose.tsx";
import { TypeText } from "./TypeText.tsx";

/** One operation: what it takes, what it answers, and how it is called. */
export function OperationSection(
  { placed, place, schemas }: {
    placed: PlacedOperation;
    place: ServerPlace;
    schemas: Readonly<Record<string, Schema>>;
  },
): JSX.Element {
  const { anchor, method, path, operation } = placed;
  const { summary, description, security } = operation;
  const messages = operation["x-websocket"];
  return (
    <article id={anchor} class="entry">
      <h3>
        <a href={`#${anchor}`}>
          <span class="method">{method}</span> <code>{path}</code>
        </a>
      </h3>
      <Prose text={`${summary}.`} />
      {description !== undefined && <Prose text={description} />}
      <Request operation={operation} />
      {messages
        ? <MessagesPart messages={messages} schemas={schemas} />
        : <Answer operation={operation} />}
      <Errors operation={operation} />
      <p class="access">
        {security ? "Needs the token, where one is set." : "Needs no token."}
      </p>
      {messages === undefined && (
        <>
          <h4>With curl</h4>
          <pre><code>{curlCommand(placed, place, schemas)}</code></pre>
        </>
      )}
    </article>
  );
}

function Request(
  { operation: { parameters, requestBody } }: Pick<PlacedOperation, "operation">,
): JSX.Element {
  return (
    <>
      {parameters.length > 0 && (
        <>
          <h4>Parameters</h4>
          <FieldList rows={parameters.map(parameterRow)} />
        </>
      )}
      {requestBody && (
        <>
          <h4>Body</h4>
          <ContentList content={requestBody.content} />
        </>
      )}
    </>
  );
}

function Answer({ operation: { responses } }: Pick<PlacedOperation, "operation">): JSX.Element {
  const [status, answer] = Object.entries(responses).find(([code]) => Number(code) < 300) ?? [];
  return (
    <>
      <h4>Answer: {status}</h4>
      {answer?.content ? <ContentList content={answer.content} /> : <p>Nothing.</p>}
    </>
  );
}

/** The statuses of errors, which the introduction explains. */
function Errors({ operation: { responses } }: Pick<PlacedOperation, "operation">): JSX.Element {
  const codes = Object.keys(responses).filter(isError);
  return (
    <>
      <h4>Errors</h4>
      <ul class="statuses">
        {codes.map((code) => (
          <li key={code}>
            <a href={`#${errorAnchor(code)}`}>{code}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Media types, each with what it holds. */
function ContentList({ content }: { content: Content }): JSX.Element {
  return (
    <ul class="content">
      {Object.entries(content).map(([type, { schema }]) => (
        <li key={type}>
          <code>{type}</code>
          {schema !== undefined && (schema.properties === undefined
            ? schema.$ref !== undefined && <TypeText type={describeType(schema)} />
            : <FieldList rows={describeFields(schema)} />)}
        </li>
      ))}
    </ul>
  );
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): FieldRow {
  const { default: otherwise } = schema;
  const sentences = [
    description,
    otherwise !== undefined && `\`${otherwise}\` if left out.`,
  ];
  return {
    path: place === "path" ? `{${name}}` : `?${name}=`,
    type: describeType(schema),
    isOptional: !required,
    meaning: sentences.filter(Boolean).join(" "),
  };
}
