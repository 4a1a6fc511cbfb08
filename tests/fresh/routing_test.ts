import { expect } from "expect";
import { App, HttpError } from "fresh";
import { captureConsoleErrors, request } from "./request.ts";

Deno.test("a literal path wins over a pattern that was registered before it", async () => {
  const app = new App()
    .get("/items/:id", (ctx) => ctx.text(`id ${ctx.params.id}`))
    .get("/items/new", (ctx) => ctx.text("new"));
  expect(await (await request(app, "/items/new")).text()).toBe("new");
  expect(await (await request(app, "/items/7")).text()).toBe("id 7");
});

Deno.test("patterns match in the order of their registration", async () => {
  const app = new App()
    .get("/:first", (ctx) => ctx.text("first"))
    .get("/:second", (ctx) => ctx.text("second"))
    .all("*", (ctx) => ctx.text("rest"));
  expect(await (await request(app, "/x")).text()).toBe("first");
  expect(await (await request(app, "/x/y")).text()).toBe("rest");
});

Deno.test("the first registration of a path and a method stays", async () => {
  const app = new App().get("/", (ctx) => ctx.text("1")).get("/", (ctx) => ctx.text("2"));
  expect(await (await request(app, "/")).text()).toBe("1");
});

Deno.test("a literal route answers with and without a slash at its end", async () => {
  const app = new App().get("/items", (ctx) => ctx.text("items"));
  expect(await (await request(app, "/items/")).text()).toBe("items");
});

Deno.test("slashes in a row count as one", async () => {
  const app = new App().get("/items/:id", (ctx) => ctx.text(ctx.url.pathname));
  expect(await (await request(app, "//items///7")).text()).toBe("/items/7");
});

Deno.test("parameters are decoded, and kept as they are where they cannot be", async () => {
  const app = new App().get("/items/:id", (ctx) => ctx.json([ctx.params.id, ctx.route]));
  expect(await (await request(app, "/items/gr%C3%BCn%20tea")).json())
    .toEqual(["grün tea", "/items/:id"]);
  expect(await (await request(app, "/items/%E0%A4%A")).json()).toEqual(["%E0%A4%A", "/items/:id"]);
});

Deno.test("HEAD is answered by the handler of GET unless there is one for HEAD", async () => {
  const app = new App()
    .get("/a", (ctx) => ctx.text("a", { headers: { "X-By": "get" } }))
    .get("/b", (ctx) => ctx.text("b", { headers: { "X-By": "get" } }))
    .head("/b", () => new Response(null, { headers: { "X-By": "head" } }));
  const by = async (path: string) =>
    (await request(app, path, { method: "HEAD" })).headers.get("X-By");
  expect(await by("/a")).toBe("get");
  expect(await by("/b")).toBe("head");
});

Deno.test("a route is registered for its method only, all() for every one", async () => {
  const app = new App()
    .get("/a", (ctx) => ctx.text("get"))
    .post("/a", (ctx) => ctx.text("post"))
    .put("/a", (ctx) => ctx.text("put"))
    .patch("/a", (ctx) => ctx.text("patch"))
    .delete("/a", (ctx) => ctx.text("delete"))
    .all("/b", (ctx) => ctx.text(ctx.req.method));
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    expect(await (await request(app, "/a", { method })).text()).toBe(method.toLowerCase());
    expect(await (await request(app, "/b", { method })).text()).toBe(method);
  }
});

Deno.test("a wrong method is a 405, OPTIONS lists the right ones", async () => {
  const app = new App().get("/a", (ctx) => ctx.text("a")).post("/a", (ctx) => ctx.text("a"));
  expect((await request(app, "/a", { method: "DELETE" })).status).toBe(405);
  const options = await request(app, "/a", { method: "OPTIONS" });
  expect(options.status).toBe(204);
  expect(options.headers.get("Allow")).toBe("GET, POST");
});

Deno.test("a route passes only the middlewares that were added before it", async () => {
  const app = new App<{ seen: string[] }>()
    .use((ctx) => {
      ctx.state.seen = ["one"];
      return ctx.next();
    })
    .get("/early", (ctx) => ctx.json(ctx.state.seen))
    .use((ctx) => {
      ctx.state.seen.push("two");
      return ctx.next();
    })
    .get("/late", (ctx) => ctx.json(ctx.state.seen));
  expect(await (await request(app, "/early")).json()).toEqual(["one"]);
  expect(await (await request(app, "/late")).json()).toEqual(["one", "two"]);
});

Deno.test("middlewares of a path run for what lies below it", async () => {
  const app = new App<{ admin?: boolean }>()
    .use("/admin", (ctx) => {
      ctx.state.admin = true;
      return ctx.next();
    })
    .get("/admin/users", (ctx) => ctx.json(ctx.state))
    .get("/users", (ctx) => ctx.json(ctx.state));
  expect(await (await request(app, "/admin/users")).json()).toEqual({ admin: true });
  expect(await (await request(app, "/users")).json()).toEqual({});
});

Deno.test("middlewares wrap the handler, the first outermost", async () => {
  const order: string[] = [];
  const app = new App()
    .use(async (ctx) => {
      order.push("outer in");
      const response = await ctx.next();
      order.push("outer out");
      response.headers.set("X-Outer", "yes");
      return response;
    })
    .use((ctx) => {
      order.push("inner");
      return ctx.next();
    })
    .get("/", (ctx) => {
      order.push("handler");
      return ctx.text("ok");
    });
  expect((await request(app, "/")).headers.get("X-Outer")).toBe("yes");
  expect(order).toEqual(["outer in", "inner", "handler", "outer out"]);
});

Deno.test("middlewares see requests that no route answers", async () => {
  const app = new App()
    .get("/", (ctx) => ctx.text("ok"))
    .use((ctx) => ctx.url.pathname === "/moved" ? ctx.redirect("/") : ctx.next());
  expect((await request(app, "/moved")).status).toBe(302);
  expect((await request(app, "/other")).status).toBe(404);
});

Deno.test("an uncaught error is a 500 that does not show its text", async () => {
  using captured = captureConsoleErrors();
  const failure = new Error("database password is hunter2");
  const app = new App().get("/", () => {
    throw failure;
  });
  const response = await request(app, "/");
  expect(response.status).toBe(500);
  expect(await response.text()).toBe("Internal server error");
  expect(captured.errors).toEqual([failure]);
});

Deno.test("an HttpError is a response with its status and message", async () => {
  const app = new App().get("/", () => {
    throw new HttpError(418, "I am a teapot");
  });
  const response = await request(app, "/");
  expect(response.status).toBe(418);
  expect(await response.text()).toBe("I am a teapot");
});

Deno.test("onError gets what was thrown, by handlers and by the router", async () => {
  const app = new App()
    .onError("*", (ctx) => {
      const { error } = ctx;
      return ctx.json({ status: error instanceof HttpError ? error.status : "unknown" });
    })
    .get("/throws", () => {
      throw new RangeError("Too far");
    });
  expect(await (await request(app, "/throws")).json()).toEqual({ status: "unknown" });
  expect(await (await request(app, "/nowhere")).json()).toEqual({ status: 404 });
  expect(await (await request(app, "/throws", { method: "PUT" })).json()).toEqual({ status: 405 });
});

Deno.test("notFound answers a 404 wherever it comes from, before onError", async () => {
  const app = new App()
    .onError("*", (ctx) => ctx.text("error", { status: 500 }))
    .notFound((ctx) => ctx.text(`no ${ctx.url.pathname}`, { status: 404 }))
    .get("/items/:id", () => {
      throw new HttpError(404);
    });
  expect(await (await request(app, "/items/1")).text()).toBe("no /items/1");
  expect(await (await request(app, "/nowhere")).text()).toBe("no /nowhere");
});

Deno.test("a redirect to a path stays on this host", async () => {
  const app = new App()
    .get("/there", (ctx) => ctx.redirect("//elsewhere.example/a//b?next=//x#//y"))
    .get("/far", (ctx) => ctx.redirect("https://elsewhere.example/", 307));
  const there = await request(app, "/there");
  expect(there.status).toBe(302);
  expect(there.headers.get("location")).toBe("/elsewhere.example/a/b?next=//x#//y");
  expect((await request(app, "/far")).headers.get("location")).toBe("https://elsewhere.example/");
});

Deno.test("responses of ctx have their content types", async () => {
  const app = new App()
    .get("/text", (ctx) => ctx.text("a"))
    .get("/html", (ctx) => ctx.html("<p>a</p>", { status: 201 }))
    .get("/json", (ctx) => ctx.json({ a: 1 }, { status: 202 }))
    .get("/stream", (ctx) =>
      ctx.stream(async function* () {
        yield await Promise.resolve("ä");
        yield new Uint8Array([98]);
      }));
  expect((await request(app, "/text")).headers.get("content-type")).toMatch(/^text\/plain/);
  const html = await request(app, "/html");
  expect([html.status, html.headers.get("content-type")]).toEqual([
    201,
    "text/html; charset=utf-8",
  ]);
  const json = await request(app, "/json");
  expect([json.status, await json.json()]).toEqual([202, { a: 1 }]);
  expect(await (await request(app, "/stream")).text()).toBe("äb");
});
