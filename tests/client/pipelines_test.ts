import { expect } from "expect";
import { fetchPipelines, firstChoice, streamUrl } from "../../lib/client/pipelines.ts";

const PIPELINES = [
  { id: "yolo_ocr", name: "Objects and text", description: "" },
  { id: "yolo_only", name: "Objects", description: "" },
];

Deno.test("fetchPipelines reads the server's list", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const found = new URL(request.url).pathname === "/pipelines";
    return found ? Response.json({ pipelines: PIPELINES }) : new Response(null, { status: 404 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  expect(await fetchPipelines((path) => fetch(origin + path))).toEqual(PIPELINES);
});

Deno.test("fetchPipelines refuses an answer that is no list", async () => {
  const answers = [
    () => new Response("Not here", { status: 503 }),
    () => Response.json({ error: "internal_error" }),
    () => Response.json({ pipelines: [{ id: 1 }] }),
    () => new Response("<html>"),
  ];
  for (const answer of answers) {
    await expect(fetchPipelines(() => Promise.resolve(answer()))).rejects.toThrow();
  }
});

Deno.test("firstChoice prefers the pipeline used last, as long as it exists", () => {
  expect(firstChoice(PIPELINES, "yolo_only")).toBe("yolo_only");
  expect(firstChoice(PIPELINES, "gone")).toBe("yolo_ocr");
  expect(firstChoice(PIPELINES, null)).toBe("yolo_ocr");
  expect(firstChoice([], null)).toBeNull();
});

const NAMING = { name: "Phone & co", streamKey: "k-1" };

Deno.test("streamUrl stays on the page's host and is as secure as the page", () => {
  expect(streamUrl("http://localhost:8000/", "yolo_only", NAMING)).toBe(
    "ws://localhost:8000/ws/video/stream?pipeline_id=yolo_only&name=Phone+%26+co&stream_key=k-1",
  );
  expect(streamUrl("https://example.org/?x=1#y", "a b&c", NAMING)).toMatch(
    /^wss:\/\/example\.org\/ws\/video\/stream\?pipeline_id=a\+b%26c&/,
  );
});

Deno.test("streamUrl passes the page's rules on", () => {
  expect(streamUrl("https://example.org/?rules=front-door", "yolo_only", NAMING)).toMatch(
    /[?&]rules=front-door(&|$)/,
  );
});

Deno.test("streamUrl passes the page's token on", () => {
  expect(streamUrl("https://example.org/?token=secret", "yolo_only", NAMING)).toMatch(
    /[?&]token=secret(&|$)/,
  );
});
