import { expect } from "expect";
import { csp } from "fresh";
import { Builder } from "fresh/dev";
import type { Page } from "playwright-core";
import { createFixtureApp } from "../fresh/fixture/main.ts";
import type { State } from "../fresh/fixture/define.ts";
import { browserTest, launchBrowser } from "./browser.ts";

const builder = new Builder<State>({ root: new URL("../fresh/fixture", import.meta.url).href });
const applyBuild = await builder.build({ snapshot: "memory" });

/** Opens a page of the fixture, and collects what the browser complains about. */
async function withPage(
  path: string,
  fn: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const app = createFixtureApp(csp({ useNonce: true }));
  applyBuild(app);
  await using server = Deno.serve({ port: 0, onListen() {} }, app.handler());
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://localhost:${server.addr.port}${path}`);
    // Each island starts in a task of its own; this one comes after theirs.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    await fn(page, complaints);
  } finally {
    await browser.close();
  }
}

browserTest("a click in one island changes the other that shares its signal", async () => {
  await withPage("/", async (page, complaints) => {
    await page.locator("#first").click();
    await page.locator("output", { hasText: "8" }).waitFor();
    expect(await page.locator("#first").textContent()).toBe("first: 4");
    expect(await page.locator("#nested").textContent()).toBe("nested: 4");
    expect(complaints).toEqual([]);
  });
});
