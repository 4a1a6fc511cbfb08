import { expect } from "expect";
import { csp } from "fresh";
import { Builder } from "fresh/dev";
import type { State } from "./fixture/define.ts";
import { createFixtureApp } from "./fixture/main.ts";

const ANSWER_TIMEOUT_MS = 5000;

Deno.test("a handler upgrades through middlewares, also ones that set headers", async () => {
  const app = createFixtureApp(csp({ useNonce: true }));
  const builder = new Builder<State>({ root: new URL("./fixture", import.meta.url).href });
  (await builder.build({ snapshot: "memory" }))(app);
  await using server = Deno.serve({ port: 0, onListen() {} }, app.handler());
  const socket = new WebSocket(`ws://localhost:${server.addr.port}/socket`);
  const closed = Promise.withResolvers<void>();
  socket.onclose = () => closed.resolve();
  const answer = Promise.withResolvers<string>();
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => answer.resolve(data);
  socket.onerror = (event) => answer.reject(new Error((event as ErrorEvent).message));
  const timer = setTimeout(() => answer.reject(new Error("No answer")), ANSWER_TIMEOUT_MS);
  try {
    expect(await answer.promise).toBe("first second: hello");
  } finally {
    clearTimeout(timer);
    socket.close();
    await closed.promise;
  }
});
