import { expect } from "expect";
import type { OpenApiDocument } from "../../lib/reference/open_api_document.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { codeBlocksOf, idsOf } from "./reference_page.ts";
import { startTestServer, type TestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };

async function readPage(server: TestServer, init?: RequestInit): Promise<string> {
  const response = await server.fetch("/docs", init);
  expect(response.status).toBe(200);
  return await response.text();
}

/** The text of a part of the page, without its markup. */
function textOf(html: string, id: string): string {
  const [, inner = ""] = new RegExp(`<article id="${id}"(.*?)</article>`, "s").exec(html) ?? [];
  return inner.replaceAll(/<[^>]*>/g, "");
}

Deno.test("the API reference has every operation, schema and message, each where links lead", async () => {
  await using server = await startTestServer({ processor });
  const document: OpenApiDocument = await (await server.fetch("/openapi.json")).json();
  const html = await readPage(server);
  const ids = idsOf(html);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const socket = operation["x-websocket"];
      const name = socket ? "ws" : method;
      const id = `${name}-${path.replaceAll(/[^a-z0-9]+/g, "-")}`.replaceAll(/-+/g, "-")
        .replace(/-$/, "");
      const text = textOf(html, id);
      expect([id, text]).toEqual([id, expect.stringContaining(path)]);
      for (const parameter of operation.parameters) expect(text).toContain(parameter.name);
      for (const status of Object.keys(operation.responses)) {
        if (status !== "101") expect([id, text]).toEqual([id, expect.stringContaining(status)]);
      }
      for (const { code, reason } of socket?.closes ?? []) {
        expect(text).toContain(`${code} ${reason}`);
      }
      const messages = document.components.schemas[nameOf(socket?.server.schema)]?.anyOf ?? [];
      for (const message of messages) expect(text).toContain(nameOf(message));
    }
  }
  for (const [name, { properties = {} }] of Object.entries(document.components.schemas)) {
    const text = textOf(html, `schema-${name.toLowerCase()}`);
    for (const field of Object.keys(properties)) {
      expect([name, text]).toEqual([name, expect.stringContaining(field)]);
    }
    expect(text).toContain(name);
  }
  const links = Array.from(html.matchAll(/href="#([^"]*)"/g), ([, id = ""]) => id);
  expect(links.length).toBeGreaterThan(200);
  expect(links.filter((id) => !ids.includes(id))).toEqual([]);
});

/** The name of a schema that another one refers to. */
function nameOf(schema: unknown): string {
  return (schema as { $ref?: string } | undefined)?.$ref?.split("/").at(-1) ?? "";
}

Deno.test("the API reference needs no token, and shows where one goes", async () => {
  await using server = await startTestServer({
    processor,
    environment: { STREAM_AUTH_TOKEN: "open-sesame" },
  });
  const html = await readPage(server);
  expect(html).toContain("This server asks for a token");
  expect(html).not.toContain("open-sesame");
  const blocks = codeBlocksOf(html);
  const textOfPart = (part: string) => blocks.filter((block) => block.part === part).at(-1)?.text;
  expect(textOfPart("get-sessions")).toContain(`-H "Authorization: Bearer $TOKEN"`);
  expect(textOfPart("get-health")).toBe(`curl http://${server.host}/health`);
  for (const { text } of blocks.filter(({ file }) => file !== "")) {
    expect(text).toContain("&token=TOKEN");
  }
});

Deno.test("the API reference says how programs come to trust a certificate of the server's own", async () => {
  const environment = { TLS: "self-signed" };
  await using server = await startTestServer({ processor, environment });
  const { dataDirectory } = server.services.config.video;
  const cert = await Deno.readTextFile(`${dataDirectory}/self_signed_cert.pem`);
  using client = Deno.createHttpClient({ caCerts: [cert] });
  const init: RequestInit & { client: Deno.HttpClient } = { client };
  const page = await (await fetch(`https://${server.host}/docs`, init)).text();
  expect(page).toContain("--cacert self_signed_cert.pem");
  await using other = await startTestServer({ processor });
  expect(await readPage(other)).not.toContain("self_signed_cert.pem");
});

Deno.test("the API reference shows the address under which it was opened", async () => {
  await using server = await startTestServer({ processor, environment: { BASE_PATH: "/vision" } });
  const commandOf = (html: string) =>
    codeBlocksOf(html).find(({ part }) => part === "get-health")?.text;
  expect(commandOf(await readPage(server))).toBe(`curl http://${server.host}/vision/health`);
  const headers = { "X-Forwarded-Proto": "https" };
  expect(commandOf(await readPage(server, { headers })))
    .toBe(`curl https://${server.host}/vision/health`);
});

Deno.test("every page leads to the API reference, with its token", async () => {
  await using server = await startTestServer({ processor });
  for (const path of ["/", "/cameras", "/events", "/watch", "/videos", "/docs", "/nothing-here"]) {
    const html = await (await server.fetch(`${path}?token=a`)).text();
    expect([path, html]).toEqual([path, expect.stringContaining(`href="/docs?token=a"`)]);
  }
});
