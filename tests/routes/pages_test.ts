import { expect } from "expect";
import { captureConsoleErrors } from "../fresh/request.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { startTestServer, type TestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };

/** Sends a request as it stands, which `fetch` would tidy up or refuse. */
async function send(server: TestServer, start: string, host = server.host): Promise<string> {
  const [hostname = "", port] = server.host.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `${start} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}

Deno.test("titles name the page, those of errors too", async () => {
  await using server = await startTestServer({ processor });
  const titleOf = async (path: string) =>
    /<title>(.*?)<\/title>/.exec(await (await server.fetch(path)).text())?.[1];
  expect(await titleOf("/")).toBe("Live · livesyte");
  expect(await titleOf("/cameras")).toBe("Cameras · livesyte");
  expect(await titleOf("/watch")).toBe("Watch · livesyte");
  expect(await titleOf("/watch?session_id=x")).toBe("Watch · livesyte");
  expect(await titleOf("/videos")).toBe("Videos · livesyte");
  expect(await titleOf("/docs")).toBe("API reference · livesyte");
  expect(await titleOf("/nothing-here")).toBe("Not found · livesyte");
});

Deno.test("a page that fails is an error page with a title and the security headers", async () => {
  await using server = await startTestServer({ processor });
  // The page for videos reads a setting, which is not there any more.
  const value = { ...server.services.config, video: undefined };
  Object.defineProperty(server.services, "config", { value });
  using _console = captureConsoleErrors();
  const response = await server.fetch("/videos");
  expect(response.status).toBe(500);
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  const html = await response.text();
  expect(html).toContain("<title>Error · livesyte</title>");
  expect(html).toContain("Something went wrong");
  expect(html).not.toContain("maxUploadBytes");
});

Deno.test("the link to the page that is shown says so", async () => {
  await using server = await startTestServer({ processor });
  for (const path of ["/", "/cameras", "/cameras?id=x", "/watch", "/videos", "/videos/"]) {
    const html = await (await server.fetch(path)).text();
    const nav = /<nav class="pages".*?<\/nav>/s.exec(html)?.[0] ?? "";
    const current = [...nav.matchAll(/<a href="([^"]*)"[^>]*aria-current="page"/g)]
      .map(([, href]) => href);
    expect(current).toEqual([path.replace(/\/$|\?.*$/, "") || "/"]);
  }
});

Deno.test("paths that cannot be decoded lead nowhere, with the usual answers and headers", async () => {
  await using server = await startTestServer({ processor });
  for (const path of ["/video/%E0%A4%A", "/video/%", "/pipelines/%ff/run", "/ws/jobs/%"]) {
    const answer = await send(server, `DELETE ${path}`);
    expect([path, answer]).toEqual([path, expect.stringMatching(/^HTTP\/1.1 404 /)]);
    expect(answer).toContain('{"error":"not_found"');
    expect(answer).toMatch(/^x-content-type-options: nosniff/im);
  }
  for (const path of ["/%", "/%E0%A4%A", "/videos/%ff"]) {
    const answer = await send(server, `GET ${path}`);
    expect([path, answer]).toEqual([path, expect.stringMatching(/^HTTP\/1.1 404 /)]);
    expect(answer).toContain("<title>Not found · livesyte</title>");
    expect(answer).toMatch(/^x-content-type-options: nosniff/im);
  }
});

Deno.test("a slash that is encoded leads to no file and no other path", async () => {
  await using server = await startTestServer({ processor });
  const remove = await send(server, "DELETE /video/..%2F..%2Fetc");
  expect(remove).toMatch(/^HTTP\/1.1 404 /);
  expect(remove).toContain('"error":"job_not_found"');
  expect(await send(server, "GET /..%2fdeno.json")).toMatch(/^HTTP\/1.1 404 /);
  expect(await send(server, "GET /..%5cdeno.json")).toMatch(/^HTTP\/1.1 404 /);
});

Deno.test("unknown methods are refused, with those that are known", async () => {
  await using server = await startTestServer({ processor });
  const api = await send(server, "PROPFIND /health");
  expect(api).toMatch(/^HTTP\/1.1 405 /);
  expect(api).toMatch(/^allow: GET, HEAD/im);
  expect(api).toContain('{"error":"method_not_allowed"');
  expect(api).toMatch(/^x-content-type-options: nosniff/im);
  expect(await send(server, "PROPFIND /pipelines/x/y")).toContain('{"error":"not_found"');
  for (const path of ["/", "/videos", "/styles/live.css", "/nothing-here"]) {
    for (const method of ["POST", "OPTIONS", "PROPFIND"]) {
      const page = await send(server, `${method} ${path}`);
      expect(page).toMatch(/^HTTP\/1.1 405 /);
      expect(page).toMatch(/^allow: GET, HEAD/im);
      expect(page).toMatch(/^x-content-type-options: nosniff/im);
    }
  }
});
