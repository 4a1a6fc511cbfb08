import {
  DOG,
  DOG_VIDEO,
  expectReport,
  installClient,
  SCENARIO,
} from "../client_package/built_client.ts";
import { browserTest, launchBrowser } from "./browser.ts";
import { startServer } from "./server.ts";

const TOKEN = "a token & more";
const MAIN = `
  import * as livesyte from "./test/livesyte-client.js";
  import { runScenario } from "./test/scenario.js";
  const [dog, video] = await Promise.all(["dog.jpg", "dog.mp4"].map((name) => fetch("test/" + name)));
  const server = { url: location.origin, token: ${JSON.stringify(TOKEN)} };
  globalThis.report = runScenario(livesyte, server, await dog.bytes(), await video.blob());`;

browserTest("the client package works in Chromium", async () => {
  await using folder = await installClient();
  await using server = await startServer({
    ...{ STREAM_AUTH_TOKEN: TOKEN, RULES_FILE: folder.rulesFile },
    ...{ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" },
  });
  const files = {
    "livesyte-client.js": `${folder.path}node_modules/livesyte-client/mod.js`,
    "scenario.js": SCENARIO,
    "dog.jpg": DOG,
    "dog.mp4": DOG_VIDEO,
  };
  const browser = await launchBrowser();
  try {
    // What the page is allowed by its server has no part in this.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    for (const [name, path] of Object.entries(files)) {
      await page.route(`${server.url}test/${name}`, (route) => route.fulfill({ path }));
    }
    await page.goto(`${server.url}health`);
    await page.addScriptTag({ type: "module", content: MAIN });
    await page.waitForFunction("globalThis.report !== undefined");
    expectReport(await page.evaluate("globalThis.report"));
  } finally {
    await browser.close();
  }
});
