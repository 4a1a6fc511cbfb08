import { expect } from "expect";
import { apiUrl, request } from "../../lib/client/server_api.ts";
import {
  addressWithKeptToken,
  explainMissingToken,
  isTokenRefused,
  keepToken,
} from "../../lib/client/token.ts";

Deno.test("explainMissingToken tells a missing token from a wrong one", () => {
  const missing = explainMissingToken("?session_id=a");
  const wrong = explainMissingToken("?session_id=a&token=no");
  expect(missing.asksForToken && wrong.asksForToken).toBe(true);
  expect(missing.title).not.toBe(wrong.title);
});

Deno.test("isTokenRefused asks the server with the token of the page", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { searchParams } = new URL(request.url);
    return Response.json({}, { status: searchParams.get("token") === "right" ? 200 : 401 });
  });
  const page = `http://127.0.0.1:${server.addr.port}/`;
  expect(await isTokenRefused(page)).toBe(true);
  expect(await isTokenRefused(`${page}?token=wrong`)).toBe(true);
  expect(await isTokenRefused(`${page}?token=right`)).toBe(false);
});

Deno.test("isTokenRefused does not take a server that cannot be reached for one that refuses", async () => {
  const server = Deno.serve({ port: 0, onListen() {} }, () => new Response());
  await server.shutdown();
  expect(await isTokenRefused(`http://127.0.0.1:${server.addr.port}/`)).toBe(false);
});

Deno.test("a token that was accepted is kept for the next visit, and one that is wrong is forgotten", () => {
  localStorage.clear();
  try {
    expect(addressWithKeptToken("https://server/watch?session_id=a")).toBe(null);
    keepToken("https://server/");
    expect(addressWithKeptToken("https://server/")).toBe(null);
    keepToken("https://server/?token=a+b");
    expect(addressWithKeptToken("https://server/watch?session_id=a"))
      .toBe("https://server/watch?session_id=a&token=a+b");
    expect(addressWithKeptToken("https://server/?token=other")).toBe(null);
    expect(addressWithKeptToken("https://server/")).not.toBe(null);
    expect(addressWithKeptToken("https://server/?token=a+b")).toBe(null);
    expect(addressWithKeptToken("https://server/")).toBe(null);
  } finally {
    localStorage.clear();
  }
});

Deno.test("a token is kept once the server has accepted it, whatever was asked for", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const isRight = new URL(request.url).searchParams.get("token") === "right";
    return isRight
      ? Response.json({ sessions: [] })
      : Response.json({ error: "unauthorized", detail: "" }, { status: 401 });
  });
  const page = `http://127.0.0.1:${server.addr.port}/cameras`;
  const kept = () => localStorage.getItem("livesyte.token");
  const asks: ((page: string) => Promise<unknown>)[] = [
    isTokenRefused,
    (page) => request(apiUrl(page, "/camera")).catch(() => {}),
    (page) => request(apiUrl(page, "/video/jobs", { status: "failed" })).catch(() => {}),
  ];
  for (const ask of asks) {
    localStorage.clear();
    await ask(page);
    await ask(`${page}?token=wrong`);
    expect(kept()).toBe(null);
    await ask(`${page}?token=right`);
    expect(kept()).toBe("right");
  }
  localStorage.clear();
});
