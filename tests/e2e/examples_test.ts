import { installClient } from "../client_package/built_client.ts";
import { launchBrowser } from "./browser.ts";
import { dogTest } from "./live_page.ts";
import { startServer } from "./server.ts";

const EXAMPLE = new URL("../../examples/browser.html", import.meta.url);

dogTest(
  "the example for browsers shows what its camera sees, on a page of another origin",
  async (camera) => {
    await using folder = await installClient();
    let server = "";
    await using site = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/livesyte-client/mod.js") {
          const module = await Deno.readFile(`${folder.path}node_modules/livesyte-client/mod.js`);
          return new Response(module, { headers: { "Content-Type": "text/javascript" } });
        }
        if (pathname !== "/browser.html") return new Response(null, { status: 404 });
        const example = (await Deno.readTextFile(EXAMPLE)).replace("http://127.0.0.1:8000", server);
        return new Response(example, { headers: { "Content-Type": "text/html" } });
      },
    );
    const origin = `http://127.0.0.1:${site.addr.port}`;
    await using livesyte = await startServer({
      ...{ STREAM_ALLOWED_ORIGINS: origin, PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" },
    });
    server = livesyte.url;
    const browser = await launchBrowser({ camera });
    try {
      const page = await browser.newPage();
      await page.goto(`${origin}/browser.html`);
      await page.locator("pre", { hasText: "dog" }).waitFor({ timeout: 30_000 });
    } finally {
      await browser.close();
    }
  },
);
