import { page, type PageProps } from "fresh";
import { renderToString } from "preact-render-to-string";
import { PageHeader } from "../components/PageHeader.tsx";
import { Reference } from "../components/reference/Reference.tsx";
import { describeInterface } from "../lib/http/openapi.ts";
import type { ServerPlace } from "../lib/reference/curl_command.ts";
import { VERSION } from "../services.ts";
import { define } from "../state.ts";

/** What the page is told by its server. */
interface DocsPageData {
  /** The reference as HTML. */
  reference: string;
}

/** Names the page and its style sheet, and describes the interface. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "API reference";
  ctx.state.styles = "docs";
  const { basePath, front, stream } = ctx.state.services.config;
  const place = {
    address: `${clientScheme(ctx.req, ctx.url)}//${ctx.url.host}${basePath}`,
    needsToken: stream.authToken !== undefined,
    isSelfSigned: front.tls === "self-signed",
  };
  return page<DocsPageData>({ reference: renderReference(place, basePath) });
});

/** The reference of the interface for programs, made from its OpenAPI document; without scripts. */
export default define.page(function DocsPage({ url, data }: PageProps<DocsPageData>) {
  return (
    <>
      <PageHeader url={url} />
      <div
        class="reference"
        // Every text in it was escaped when it was rendered, below.
        // deno-lint-ignore react-no-danger
        dangerouslySetInnerHTML={{ __html: data.reference }}
      />
    </>
  );
});

/** What was rendered last, and for where: it is by far the longest page, and takes as much time as ten others. */
let last: { key: string; html: string } | undefined;

function renderReference(place: ServerPlace, basePath: string): string {
  const key = JSON.stringify([place, basePath]);
  if (last?.key !== key) {
    const document = describeInterface(VERSION, basePath);
    last = { key, html: renderToString(<Reference document={document} place={place} />) };
  }
  return last.html;
}

/** That which people have asked with; a proxy in front may speak HTTPS for the server. It is only shown. */
function clientScheme({ headers }: Request, { protocol }: URL): string {
  return headers.get("X-Forwarded-Proto") === "https" ? "https:" : protocol;
}
