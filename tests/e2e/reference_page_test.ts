/** The API reference as people read it. */

import { expect } from "expect";
import { browserTest } from "./browser.ts";
import { expectAccessible, visit } from "./live_page.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

browserTest("the API reference is accessible, fits, and takes no script of its own", async () => {
  for (const context of [PHONE, {}]) {
    await visit({ context }, async ({ page, requests }) => {
      await page.getByRole("link", { name: "API reference" }).click();
      await page.getByRole("heading", { name: "API reference" }).waitFor();
      // Seconds for a page this long, so not on both.
      if (context === PHONE) await expectAccessible(page, "API reference");
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      expect(scrollWidth).toBe(clientWidth);
      const before = requests.length;
      await page.reload();
      const paths = requests.slice(before).map((url) => new URL(url).pathname);
      expect(paths.filter((path) => path.endsWith(".js"))).toEqual(["/check_browser.js"]);
      await page.getByRole("navigation", { name: "Contents" })
        .getByRole("link", { name: "Streams" }).click();
      const { y = NaN } = await page.getByRole("heading", { name: "Streams" }).boundingBox() ?? {};
      expect(y).toBeLessThan(200);
    });
  }
});

browserTest("the API reference needs no JavaScript", async () => {
  await visit({ path: "/docs", context: { javaScriptEnabled: false } }, async ({ page }) => {
    await page.getByRole("link", { name: "WS /ws/video/stream" }).first().click();
    expect(new URL(page.url()).hash).toBe("#ws-ws-video-stream");
    await page.getByText("session_timeout").first().waitFor();
  });
});
