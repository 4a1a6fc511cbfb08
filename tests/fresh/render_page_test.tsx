import { signal } from "@preact/signals";
import { expect } from "expect";
import { App, staticFiles } from "fresh";
import { Builder } from "fresh/dev";
import { Counter } from "./fixture/islands/counter.tsx";
import Display from "./fixture/islands/display.tsx";
import { captureConsoleErrors, request } from "./request.ts";

const root = new URL("./fixture", import.meta.url).href;
const applyBuild = await new Builder({ root }).build({ snapshot: "memory" });

function built(app: App<unknown>): App<unknown> {
  applyBuild(app);
  return app;
}

Deno.test("islands are marked by comments, and those within them are not", async () => {
  const app = built(
    new App().get("/", (ctx) => {
      const count = signal(1);
      return ctx.render(
        <ul>
          <Counter count={count} label="a" />
          <Counter count={count} label="b" />
          <li>
            <Display count={count} since={new Date(0)} />
          </li>
        </ul>,
      );
    }),
  );
  const html = await (await request(app, "/")).text();
  const button = (id: string) => `<button type="button" id="${id}">${id}: 1</button>`;
  expect(html).toContain(
    `<ul><!--frsh:island:Counter:0:-->${button("a")}<!--/frsh:island-->` +
      `<!--frsh:island:Counter:1:-->${button("b")}<!--/frsh:island-->` +
      `<li><!--frsh:island:display:2:--><output>2</output><time>1970</time>${button("nested")}` +
      `<!--/frsh:island--></li></ul>`,
  );
});

Deno.test("the script at the end of the body starts each kind of island once", async () => {
  const app = built(
    new App().get("/", (ctx) => {
      const count = signal(1);
      return ctx.render(
        <html>
          <body>
            <Counter count={count} label="</script><!--" />
            <Counter count={count} label="b" />
          </body>
        </html>,
      );
    }),
  );
  const response = await request(app, "/");
  const html = await response.text();
  const script = /<script type="module" nonce="[0-9a-f]{32}">(.*?)<\/script><\/body><\/html>$/
    .exec(html)?.[1] ?? "";
  const modules = [...script.matchAll(/from"([^"]+)"/g)].map(([, path]) => path);
  expect(modules.length).toBe(2);
  expect(script).toContain('boot({"Counter":island0},[');
  expect(script).not.toContain("<");
  for (const path of modules) {
    expect(response.headers.get("Link")).toContain(`<${path}>; rel="modulepreload"; as="script"`);
    const module = await request(built(new App().use(staticFiles())), path!);
    expect(module.headers.get("Content-Type")).toMatch(/^text\/javascript/);
  }
});

Deno.test("a page without islands has no script", async () => {
  const response = await request(built(new App().get("/", (ctx) => ctx.render(<p>Still</p>))), "/");
  expect(await response.text()).toBe(
    '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><p>Still</p></body></html>',
  );
  expect(response.headers.get("Link")).toBeNull();
});

Deno.test("an element that is rendered again has the nonce of the new page", async () => {
  const style = <style>{"p { color: red }"}</style>;
  const app = new App().get("/", (ctx) => ctx.render(style));
  const nonceOf = async () => /nonce="(\w+)"/.exec(await (await request(app, "/")).text())?.[1];
  const nonces = [await nonceOf(), await nonceOf()];
  expect(new Set(nonces).size).toBe(2);
  expect(nonces).not.toContain(undefined);
});

Deno.test("a page that throws leaves nothing behind for the next one", async () => {
  using _captured = captureConsoleErrors();
  function Broken(): never {
    throw new Error("Broken");
  }
  const app = built(
    new App()
      .get("/broken", (ctx) =>
        ctx.render(
          <div>
            <Counter count={signal(0)} label="lost" />
            <Broken />
          </div>,
        ))
      .get("/", (ctx) => ctx.render(<Counter count={signal(0)} label="kept" />)),
  );
  expect((await request(app, "/broken")).status).toBe(500);
  const html = await (await request(app, "/")).text();
  expect(html).toContain("<!--frsh:island:Counter:0:-->");
  expect(html).not.toContain("lost");
});

Deno.test("the app wrapper of an application is around its pages", async () => {
  const app = new App()
    .appWrapper(({ Component, url }) => (
      <body id={url.pathname}>
        <Component />
      </body>
    ))
    .get("/", (ctx) => ctx.render(<p>{"<&>"}</p>, { status: 201 }));
  const response = await request(app, "/");
  expect(response.status).toBe(201);
  expect(await response.text()).toContain('<body id="/"><p>&lt;&amp;></p></body>');
});
