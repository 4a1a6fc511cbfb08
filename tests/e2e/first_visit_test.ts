/** The live page as someone sees it who has just come, on a computer and on a phone. */

import { expect } from "expect";
import { browserTest } from "./browser.ts";
import {
  dogTest,
  expectAccessible,
  movement,
  startCamera,
  visit,
  waitForDog,
} from "./live_page.ts";

/** A phone that is held upright. */
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

browserTest("who has no camera at hand can try a sample image", async () => {
  await visit({}, async ({ page }) => {
    await page.getByRole("button", { name: "Try a sample image" }).click();
    const found = page.locator(".overlay li[data-label]");
    await found.first().waitFor({ state: "attached" });
    const labels = await found.evaluateAll((items) =>
      items.map((item) => item.getAttribute("data-label"))
    );
    expect(labels).toEqual(expect.arrayContaining(["person", "horse", "dog"]));
  });
});

browserTest("where the camera is refused, opening a file comes first", async () => {
  await visit({ args: ["--use-fake-ui-for-media-stream=deny"] }, async ({ page }) => {
    await startCamera(page);
    const steps = page.locator(".notice-steps .button");
    await steps.nth(1).waitFor();
    expect(await steps.allInnerTexts()).toEqual(["Open file", "Start camera"]);
    const chooser = page.waitForEvent("filechooser");
    await steps.first().click();
    expect((await chooser).isMultiple()).toBe(false);
  });
});

browserTest("a phone is not told to drop anything, and has its pages in the head", async () => {
  await visit({ context: PHONE }, async ({ page }) => {
    await page.getByRole("button", { name: "Start camera" }).waitFor();
    expect(await page.getByText("drop it here").isVisible()).toBe(false);
    const box = await page.getByRole("navigation", { name: "Pages" }).boundingBox();
    expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(120);
    await expectAccessible(page, "phone");
  });
});

dogTest("on an upright phone there are no bars beside the image", async (camera) => {
  await visit({ camera, context: { ...PHONE, permissions: ["camera"] } }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    const { width = 0, height = 0 } = await page.locator(".viewport").boundingBox() ?? {};
    expect(width / height).toBeCloseTo(640 / 480, 1);
  });
});

dogTest("what is seen moves nothing below it", async (camera) => {
  for (const context of [{}, PHONE]) {
    await visit({ camera, context: { ...context, permissions: ["camera"] } }, async ({ page }) => {
      const top = async () => (await page.locator(".display").boundingBox())?.y;
      await startCamera(page);
      await waitForDog(page);
      // The place for text comes with the first result.
      await page.locator(".panel.text").waitFor();
      expect(await movement(page)).toBeLessThan(0.02);
      const before = await top();
      await page.evaluate(() => {
        const row = document.querySelector(".objects li");
        for (let count = 0; count < 30; count++) row?.after(row.cloneNode(true));
      });
      expect(await top()).toBe(before);
    });
  }
});
