import { expect } from "expect";
import { App, csp } from "fresh";
import { Builder } from "fresh/dev";
import type { State } from "./fixture/define.ts";
import { createFixtureApp } from "./fixture/main.ts";
import { request } from "./request.ts";

/** Sends one message to a server and gives its answer, then closes and waits for that. */
async function ask<S>(app: App<S>, path: string, message: string): Promise<string> {
  await using server = Deno.serve({ port: 0, onListen() {} }, app.handler());
  const socket = new WebSocket(`ws://localhost:${server.addr.port}${path}`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const answer = await new Promise<string>((resolve, reject) => {
    socket.onopen = () => socket.send(message);
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
  });
  socket.close();
  await closed;
  return answer;
}

Deno.test("a handler upgrades through middlewares, also ones that set headers", async () => {
  const app = createFixtureApp(csp({ useNonce: true }));
  const root = new URL("./fixture", import.meta.url).href;
  (await new Builder<State>({ root }).build({ snapshot: "memory" }))(app);
  expect(await ask(app, "/socket", "hello")).toBe("main routes: hello");
});

Deno.test("app.ws() gives the events of a socket to its handlers", async () => {
  const events: string[] = [];
  const app = new App().ws("/echo", {
    open: () => events.push("open"),
    message: (socket, event) => socket.send(`echo ${event.data}`),
    close: (_socket, code) => events.push(`close ${code}`),
  }, { idleTimeout: 10 });
  expect(await ask(app, "/echo", "hello")).toBe("echo hello");
  expect(events).toEqual(["open", "close 1005"]);
});

Deno.test("ctx.upgrade() without handlers gives the socket", async () => {
  const app = new App().get("/bare", (ctx) => {
    const { socket, response } = ctx.upgrade({ idleTimeout: 10 });
    socket.onmessage = ({ data }) => socket.send(`bare ${data}`);
    return response;
  });
  expect(await ask(app, "/bare", "hello")).toBe("bare hello");
});

Deno.test("a request that is not an upgrade is a 400", async () => {
  const response = await request(new App().ws("/echo", { message() {} }), "/echo");
  expect(response.status).toBe(400);
});
