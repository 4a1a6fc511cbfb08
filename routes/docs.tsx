import { page, type PageProps } from "fresh";
import { PageHeader } from "../components/PageHeader.tsx";
import { OperationSection } from "../components/reference/OperationSection.tsx";
import { Prose } from "../components/reference/Prose.tsx";
import { ReferenceContents } from "../components/reference/ReferenceContents.tsx";
import { ReferenceIntroduction } from "../components/reference/ReferenceIntroduction.tsx";
import { SchemaSection } from "../components/reference/SchemaSection.tsx";
import { describeInterface } from "../lib/http/openapi.ts";
import type { ServerPlace } from "../lib/reference/curl_command.ts";
import { groupOperations } from "../lib/reference/group_operations.ts";
import type { OpenApiDocument } from "../lib/reference/open_api_document.ts";
import { VERSION } from "../services.ts";
import { define } from "../state.ts";

/** What the page is told by its server. */
interface DocsPageData {
  /** What it shows. */
  document: OpenApiDocument;
  /** Where the interface is. */
  place: ServerPlace;
}

/** Names the page and its style sheet, and describes the interface. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "API reference";
  ctx.state.styles = "docs";
  const { basePath, front, stream } = ctx.state.services.config;
  return page<DocsPageData>({
    document: describeInterface(VERSION, basePath),
    place: {
      address: `${clientScheme(ctx.req, ctx.url)}//${ctx.url.host}${basePath}`,
      needsToken: stream.authToken !== undefined,
      isSelfSigned: front.tls === "self-signed",
    },
  });
});

/** The reference of the interface for programs, made from its OpenAPI document; without scripts. */
export default define.page(function DocsPage({ url, data }: PageProps<DocsPageData>) {
  const { document, place } = data;
  const { schemas } = document.components;
  const groups = groupOperations(document);
  return (
    <>
      <PageHeader url={url} />
      <div class="reference">
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
      </div>
    </>
  );
});

/** That which people have asked with; a proxy in front may speak HTTPS for the server. It is only shown. */
function clientScheme({ headers }: Request, { protocol }: URL): string {
  return headers.get("X-Forwarded-Proto") === "https" ? "https:" : protocol;
}
