import { signal } from "@preact/signals";
import { expect } from "expect";
import { h, type VNode } from "preact";
import { registerIslands } from "../../../vendor/fresh/build_cache.ts";
import { rawHtml, type RenderedPage, renderPage } from "../../../vendor/fresh/render_page.ts";
import * as counter from "../../fresh/fixture/islands/counter.tsx";
import * as display from "../../fresh/fixture/islands/display.tsx";

const { Counter } = counter;
const Display = display.default;

function render(page: VNode): RenderedPage {
  const islands = registerIslands([
    { file: "/counter.js", name: "counter", module: counter },
    { file: "/display.js", name: "display", module: display },
  ]);
  return renderPage({
    page,
    wrap: (html) => h("body", null, rawHtml(html)),
    cache: {
      islands,
      clientEntry: "/client.js",
      routes: [],
      findFile: () => Promise.resolve(undefined),
    },
  });
}

Deno.test("islands are marked by comments, and those within them are not", () => {
  const count = signal(1);
  const { html } = render(
    <ul>
      <Counter count={count} label="a" />
      <Counter count={count} label="b" />
      <li>
        <Display count={count} since={new Date(0)} />
      </li>
    </ul>,
  );
  const button = (id: string) => `<button type="button" id="${id}">${id}: 1</button>`;
  expect(html).toContain(
    `<ul><!--frsh:island:Counter:0:-->${button("a")}<!--/frsh:island-->` +
      `<!--frsh:island:Counter:1:-->${button("b")}<!--/frsh:island-->` +
      `<li><!--frsh:island:display:2:--><output>2</output><time>1970</time>${button("nested")}` +
      `<!--/frsh:island--></li></ul>`,
  );
});

Deno.test("the script at the end of the body starts each kind of island once", () => {
  const count = signal(1);
  const { html, nonce, link } = render(
    <>
      <Counter count={count} label="</script><!--" />
      <Counter count={count} label="b" />
    </>,
  );
  const script = new RegExp(`<script type="module" nonce="${nonce}">(.*?)</script></body>$`)
    .exec(html)?.[1] ?? "";
  const modules = [...script.matchAll(/from"([^"]+)"/g)].map(([, path]) => path);
  expect(modules).toEqual(["/client.js", "/counter.js"]);
  expect(script).toContain('boot({"Counter":island0},[');
  expect(script).not.toContain("<");
  for (const path of modules) {
    expect(link).toContain(`<${path}>; rel="modulepreload"; as="script"`);
  }
});

Deno.test("a page without islands has no script", () => {
  const { html, link } = render(<p>{"<&>"}</p>);
  expect(html).toBe("<!DOCTYPE html><body><p>&lt;&amp;></p></body>");
  expect(link).toBeUndefined();
});

Deno.test("each rendering has a nonce of its own", () => {
  const page = <p>Still</p>;
  expect(render(page).nonce).not.toBe(render(page).nonce);
});

Deno.test("a page that throws leaves nothing behind for the next one", () => {
  function Broken(): never {
    throw new Error("Broken");
  }
  const broken = (
    <div>
      <Counter count={signal(0)} label="lost" />
      <Broken />
    </div>
  );
  expect(() => render(broken)).toThrow("Broken");
  const { html } = render(<Counter count={signal(0)} label="kept" />);
  expect(html).toContain("<!--frsh:island:Counter:0:-->");
  expect(html).not.toContain("lost");
});
