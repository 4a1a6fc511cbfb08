import { expect } from "expect";
import { RESULT } from "../streaming/simulated_stream.ts";
import { startTestServer, TestClient } from "./test_server.ts";

const processor = {
  isValidPipeline: () => true,
  runOnFrame: () => Promise.resolve(RESULT),
};
const environment = { BASE_PATH: "/vision" };

Deno.test("pages, files, interface and sockets are there below BASE_PATH, and for proxies that take it away", async () => {
  await using server = await startTestServer({ processor, environment });
  for (const base of ["/vision", ""]) {
    for (const path of ["/", "/watch", "/videos", "/health", "/pipelines", "/styles/live.css"]) {
      const response = await server.fetch(base + path);
      await response.body?.cancel();
      // Without workers, the stand-in for the pipelines is not healthy.
      expect([base, path, response.status]).toEqual([base, path, path === "/health" ? 503 : 200]);
    }
    const client = new TestClient(`ws://${server.host}${base}/ws/video/stream?pipeline_id=a`);
    await client.opened;
    client.close();
    await client.closed;
  }
});

Deno.test("what a page leads to is below BASE_PATH", async () => {
  await using server = await startTestServer({ processor, environment });
  for (
    const path of [
      "/vision/",
      "/vision/cameras",
      "/vision/watch",
      "/vision/videos",
      "/vision/docs",
      "/vision/nothing-here",
      "/",
    ]
  ) {
    const response = await server.fetch(path);
    const html = await response.text();
    const addresses = [...html.matchAll(/(?:\s(?:href|src)=|from)"(\/[^"]*)"/g)]
      .map(([, address]) => address ?? "");
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses.filter((address) => !address.startsWith("/vision/"))).toEqual([]);
    expect(html).toContain(`<html data-base="/vision"`);
    expect(response.headers.get("Link") ?? "").not.toMatch(/<\/(?!vision\/)/);
    const files = addresses.filter((address) => /\.(js|css|svg|webmanifest)/.test(address));
    for (const address of new Set(files)) {
      const file = await server.fetch(address.replaceAll("&amp;", "&"), { redirect: "manual" });
      await file.body?.cancel();
      expect([address, file.status]).toEqual([address, 200]);
    }
  }
});

Deno.test("an old path names its successor below BASE_PATH", async () => {
  await using server = await startTestServer({ processor, environment });
  const response = await server.fetch("/vision/v1/pipelines/list");
  await response.body?.cancel();
  expect([response.status, response.headers.get("Link")]).toEqual([
    200,
    `</vision/pipelines>; rel="successor-version"`,
  ]);
});

Deno.test("the description of the interface says where its paths begin", async () => {
  for (const [BASE_PATH, url] of [["/vision/", "/vision"], ["", "/"]] as const) {
    await using server = await startTestServer({ processor, environment: { BASE_PATH } });
    const { servers } = await (await server.fetch("/openapi.json")).json();
    expect(servers).toEqual([{ url }]);
  }
});

Deno.test("the base path itself leads to the page, with the token", async () => {
  await using server = await startTestServer({ processor, environment });
  const response = await server.fetch("/vision?token=a", { redirect: "manual" });
  await response.body?.cancel();
  expect([response.status, response.headers.get("Location")]).toEqual([308, "/vision/?token=a"]);
  const other = await server.fetch("/visions");
  await other.body?.cancel();
  expect(other.status).toBe(404);
});
