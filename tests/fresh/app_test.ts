import { expect } from "expect";
import { App, HttpError, staticFiles } from "fresh";
import { captureConsoleErrors, request } from "./request.ts";

Deno.test("an uncaught error is a 500 that does not show its text", async () => {
  using captured = captureConsoleErrors();
  const failure = new Error("database password is hunter2");
  const app = new App().use(() => {
    throw failure;
  });
  const response = await request(app, "/");
  expect(response.status).toBe(500);
  expect(await response.text()).toBe("Internal server error");
  expect(captured.errors).toEqual([failure]);
});

Deno.test("an HttpError is a response with its status and message", async () => {
  const app = new App().use(() => {
    throw new HttpError(418, "I am a teapot");
  });
  const response = await request(app, "/");
  expect(response.status).toBe(418);
  expect(await response.text()).toBe("I am a teapot");
});

Deno.test("an application without a build has middlewares only", async () => {
  const app = new App<{ seen: string }>()
    .use(staticFiles(), (ctx) => {
      ctx.state.seen = ctx.url.pathname;
      return ctx.next();
    })
    .fsRoutes()
    .use((ctx) => ctx.state.seen === "/" ? new Response(ctx.state.seen) : ctx.next());
  expect(await (await request(app, "/")).text()).toBe("/");
  expect((await request(app, "/styles.css")).status).toBe(404);
});
