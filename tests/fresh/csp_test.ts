import { expect } from "expect";
import { csp } from "fresh";
import { Builder } from "fresh/dev";
import type { State } from "./fixture/define.ts";
import { createFixtureApp } from "./fixture/main.ts";
import { request } from "./request.ts";

const app = createFixtureApp(csp({ useNonce: true }));
const builder = new Builder<State>({ root: new URL("./fixture", import.meta.url).href });
(await builder.build({ snapshot: "memory" }))(app);

Deno.test("the policy of a page allows only inline code with the page's nonce", async () => {
  const response = await request(app, "/");
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  const nonce = /script-src 'self' 'nonce-([0-9a-f]{32})'/.exec(policy)?.[1];
  expect(policy).not.toContain("unsafe-inline");
  const scripts = (await response.text()).match(/<script [^>]*>/g) ?? [];
  expect(scripts.length).toBe(1);
  expect(scripts[0]).toContain(`nonce="${nonce}"`);
  const again = (await request(app, "/")).headers.get("Content-Security-Policy");
  expect(again).not.toContain(`${nonce}`);
});

Deno.test("the policy of what is not rendered has no nonce", async () => {
  const { headers } = await request(app, "/items/new");
  expect(headers.get("Content-Security-Policy")).toContain("script-src 'self'");
  expect(headers.get("Content-Security-Policy")).not.toContain("nonce");
});
