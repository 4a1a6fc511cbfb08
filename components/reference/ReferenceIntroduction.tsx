import type { JSX } from "preact";
import type { ServerPlace } from "../../lib/reference/curl_command.ts";
import { errorAnchor, errorStatuses } from "../../lib/reference/error_statuses.ts";
import { examplePrograms } from "../../lib/reference/example_programs.ts";
import { schemaAnchor } from "../../lib/reference/group_operations.ts";
import type { OpenApiDocument } from "../../lib/reference/open_api_document.ts";
import { InlineProse, Prose } from "./Prose.tsx";

/** What holds for all of the interface, and whole programs to begin with. */
export function ReferenceIntroduction(
  { document, place }: { document: OpenApiDocument; place: ServerPlace },
): JSX.Element {
  const { version, description } = document.info;
  return (
    <section id="begin">
      <h1>API reference</h1>
      <p>
        The interface of this server, livesyte {version}, for programs of your own. It is at{" "}
        <code>{place.address}</code>. Generators of clients find the same as OpenAPI at{" "}
        <a href="/openapi.json">openapi.json</a>.
      </p>
      <Programs place={place} />
      {place.isSelfSigned && <Certificate />}
      <h2>What holds everywhere</h2>
      <Prose text={description} />
      <Access place={place} />
      <Errors document={document} />
    </section>
  );
}

function Programs({ place }: { place: ServerPlace }): JSX.Element {
  return (
    <>
      <h2>From nothing to results</h2>
      <p>
        One image, with curl. What comes back is a <a href={`#${schemaAnchor("Run")}`}>Run</a>, and
        {" "}
        <a href="#get-pipelines">GET /pipelines</a> lists the pipelines that can stand in place of
        {" "}
        <code>yolo_only</code>.
      </p>
      <pre><code>{imageCommand(place)}</code></pre>
      <p>
        Many images, or a camera, over one WebSocket: send a JPEG, read its{" "}
        <a href={`#${schemaAnchor("ResultMessage")}`}>result</a>, send the next. These programs
        print what is in the files that they are given.
      </p>
      {examplePrograms(place).map(({ title, file, command, text }) => (
        <figure key={file} class="program">
          <figcaption>
            <InlineProse text={title} />: save as <code>{file}</code>, and run{" "}
            <code>{command}</code>
          </figcaption>
          <pre data-file={file}><code>{text}</code></pre>
        </figure>
      ))}
      <p>
        <a href="#ws-ws-video-stream">WS /ws/video/stream</a>{" "}
        says what else comes over the WebSocket. In JavaScript and TypeScript the package{" "}
        <code>livesyte-client</code>, which is in the folder <code>client/</code>{" "}
        of livesyte’s source, sends at the right pace, reconnects, and has types for all of this.
      </p>
    </>
  );
}

function Certificate(): JSX.Element {
  return (
    <>
      <h3>The certificate</h3>
      <p>
        This server has made its certificate itself, so programs refuse it until they are told to
        trust it. Copy the file <code>self_signed_cert.pem</code> from the server’s{" "}
        <code>DATA_DIR</code>, which is <code>data</code>{" "}
        in livesyte’s folder unless it is set, and name it: to curl with{" "}
        <code>--cacert self_signed_cert.pem</code>, to other programs in the environment, as{" "}
        <code>SSL_CERT_FILE</code> for Python, <code>NODE_EXTRA_CA_CERTS</code>{" "}
        for Node and Bun, and <code>DENO_CERT</code> for Deno. Never copy the key beside it.
      </p>
    </>
  );
}

function Access({ place: { needsToken } }: { place: ServerPlace }): JSX.Element {
  return (
    <>
      <p>
        {needsToken
          ? "This server asks for a token, which whoever runs it can tell you; the address that " +
            "it prints when it is started with --lan ends with it."
          : "This server asks for no token; others may."} It goes into the header{" "}
        <code>Authorization: Bearer TOKEN</code> or, percent-encoded, into the address as{" "}
        <code>?token=TOKEN</code>, which is the way for WebSockets of browsers. Every path below
        says whether it needs the token.
      </p>
      <p>
        Pages of other origins may open WebSockets if the server lists their origin in{" "}
        <code>STREAM_ALLOWED_ORIGINS</code>; browsers do not let them read the other answers.
      </p>
    </>
  );
}

function Errors({ document }: { document: OpenApiDocument }): JSX.Element {
  return (
    <>
      <p>
        An <a href={`#${schemaAnchor("ErrorAnswer")}`}>ErrorAnswer</a> has one of these statuses:
      </p>
      <dl class="errors">
        {errorStatuses(document).map(([status, meaning]) => (
          <div key={status} id={errorAnchor(status)}>
            <dt>{status}</dt>
            <dd>{meaning}.</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function imageCommand({ address, needsToken }: ServerPlace): string {
  const token = needsToken ? `-H "Authorization: Bearer $TOKEN" ` : "";
  return `curl ${token}--data-binary @dog.jpg \\\n` +
    `  -H "Content-Type: image/jpeg" ${address}/pipelines/yolo_only/run`;
}
