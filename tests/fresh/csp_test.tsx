import { expect } from "expect";
import { App, csp, type CSPOptions } from "fresh";
import { request } from "./request.ts";

async function policyOf(options: CSPOptions, path = "/"): Promise<Map<string, string>> {
  const app = new App()
    .use(csp(options))
    .get("/", (ctx) => ctx.render(<style>{"p { color: red }"}</style>))
    .get("/plain", (ctx) => ctx.text("plain"));
  const response = await request(app, path);
  const header = response.headers.get("Content-Security-Policy") ?? "";
  const directives = header.split("; ").map((it) => /^(\S+) ?(.*)$/.exec(it)?.slice(1) ?? []);
  expect(new Set(directives.map(([name]) => name)).size).toBe(directives.length);
  return new Map(directives as [string, string][]);
}

Deno.test("csp() allows what is its own, and inline scripts and styles", async () => {
  const policy = await policyOf({});
  expect(policy.get("default-src")).toBe("'self'");
  expect(policy.get("script-src")).toBe("'self' 'unsafe-inline'");
  expect(policy.get("object-src")).toBe("'none'");
  expect(policy.has("upgrade-insecure-requests")).toBe(true);
});

Deno.test("own directives replace the default ones of the same name", async () => {
  const policy = await policyOf({ csp: ["img-src 'self' blob:", "style-src-attr 'none'"] });
  expect(policy.get("img-src")).toBe("'self' blob:");
  expect(policy.get("style-src-attr")).toBe("'none'");
  expect(policy.get("connect-src")).toBe("'self'");
});

Deno.test("with useNonce a rendered page allows only inline code with its nonce", async () => {
  const app = new App().use(csp({ useNonce: true })).get("/", (ctx) =>
    ctx.render(
      <>
        <style>{"p { color: red }"}</style>
        <script nonce="own">1</script>
      </>,
    ));
  const response = await request(app, "/");
  const header = response.headers.get("Content-Security-Policy") ?? "";
  const nonce = /script-src 'self' 'nonce-([0-9a-f]{32})'/.exec(header)?.[1];
  expect(header).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(header).not.toContain("unsafe-inline");
  const html = await response.text();
  expect(html).toContain(`<style nonce="${nonce}">`);
  expect(html).toContain('<script nonce="own">');
  const again = (await request(app, "/")).headers.get("Content-Security-Policy");
  expect(again).not.toContain(`${nonce}`);
});

Deno.test("with useNonce a response that is not rendered keeps 'unsafe-inline'", async () => {
  const policy = await policyOf({ useNonce: true }, "/plain");
  expect(policy.get("script-src")).toBe("'self' 'unsafe-inline'");
});

Deno.test("violations are reported where the application says", async () => {
  const app = new App().use(csp({ reportOnly: true, reportTo: "/reports" }))
    .get("/", (ctx) => ctx.text("a"));
  const { headers } = await request(app, "/");
  expect(headers.get("Content-Security-Policy")).toBeNull();
  expect(headers.get("Content-Security-Policy-Report-Only"))
    .toMatch(/; report-to csp-endpoint; report-uri \/reports$/);
  expect(headers.get("Reporting-Endpoints")).toBe('csp-endpoint="/reports"');
});
