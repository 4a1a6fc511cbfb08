import { expect } from "expect";
import { ApiError } from "../../../lib/client/server_api.ts";
import {
  fetchSessions,
  fetchThumbnail,
  watchPage,
  watchUrl,
} from "../../../lib/client/watch/sessions.ts";

const SESSION = {
  session_id: "a",
  pipeline_id: "yolo_only",
  created_at: "2026-05-01T12:00:00.000Z",
  frame_index: 7,
};

function serveSessions(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/sessions") return new Response(null, { status: 404 });
    return searchParams.get("token") === "secret"
      ? Response.json({ sessions: [SESSION] })
      : Response.json({ error: "unauthorized", detail: "No" }, { status: 401 });
  });
}

Deno.test("fetchSessions passes the page's token on", async () => {
  await using server = serveSessions();
  const page = `http://127.0.0.1:${server.addr.port}/watch`;
  expect(await fetchSessions(`${page}?token=secret`)).toEqual([SESSION]);
  await expect(fetchSessions(page)).rejects.toMatchObject({ code: "unauthorized" });
});

Deno.test("fetchSessions refuses an answer that is no list of streams", async () => {
  for (const answer of [null, [], {}, { sessions: [{ ...SESSION, frame_index: "7" }] }]) {
    await using server = Deno.serve({ port: 0, onListen() {} }, () => Response.json(answer));
    await expect(fetchSessions(`http://127.0.0.1:${server.addr.port}/watch`)).rejects.toThrow(
      new ApiError("invalid_answer"),
    );
  }
});

Deno.test("watchUrl asks for the frames too, as securely as the page", () => {
  expect(watchUrl("https://example.org/watch?session_id=a&token=t", "b")).toBe(
    "wss://example.org/ws/video/watch?token=t&session_id=b&frames=1",
  );
  expect(watchUrl("http://localhost:8000/watch", "b")).toMatch(/^ws:\/\/localhost:8000\//);
});

Deno.test("watchPage keeps the token and nothing else of the address", () => {
  expect(watchPage("http://localhost/watch?x=1", "a b")).toBe("/watch?session_id=a+b");
  expect(watchPage("http://localhost/?token=t", "a")).toBe("/watch?token=t&session_id=a");
});

Deno.test("fetchThumbnail gives the image of a stream, and null where there is none", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    return pathname === "/sessions/a/snapshot.jpg" && searchParams.get("token") === "secret"
      ? new Response("image")
      : Response.json({ error: "stream_unavailable", detail: "" }, { status: 503 });
  });
  const page = `http://127.0.0.1:${server.addr.port}/watch?token=secret`;
  expect(await (await fetchThumbnail(page, "a"))?.text()).toBe("image");
  expect(await fetchThumbnail(page, "b")).toBe(null);
});
