/** The stream of one device on others: how it is shared, listed and found again. */

import { expect } from "expect";
import type { Page } from "playwright-core";
import { qrCode } from "../../lib/client/qr_code.ts";
import { dogTest, expectAccessible, startCamera, visit, waitForDog } from "./live_page.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const CLIPBOARD = { permissions: ["camera", "clipboard-read", "clipboard-write"] };

/** Opens the dialog by its button, and gives what it holds. */
async function openShare(page: Page) {
  await page.locator(`button[aria-label="Share"]:enabled`).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Share this stream" });
  await dialog.getByRole("img", { name: "QR code" }).waitFor();
  return { dialog, link: await dialog.getByLabel("Link").inputValue() };
}

/** Gives the browser a way of its own to share, which the person closes. */
async function addShareSheet(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "share", {
      value: (data: ShareData) => {
        Object.assign(globalThis, { shared: data });
        return Promise.reject(new DOMException("The person has closed it", "AbortError"));
      },
    });
  });
  await page.reload();
}

dogTest(
  "a stream is shared under its name, and found again after it was interrupted",
  async (camera) => {
    await visit({ camera, context: CLIPBOARD }, async ({ page, url }) => {
      await addShareSheet(page);
      await startCamera(page);
      await waitForDog(page);
      const { dialog, link } = await openShare(page);
      expect(link).toMatch(new RegExp(`^${url}watch\\?session_id=[0-9a-f-]{36}$`));
      expect(await dialog.locator(".qr path").getAttribute("d")).toBe(qrCode(link).path);
      await dialog.getByText("This link opens on this device only.").waitFor();
      await expectAccessible(page, "sharing");
      await dialog.getByRole("button", { name: "Copy link" }).click();
      await dialog.getByText("Copied").waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);

      const name = dialog.getByLabel("Name");
      expect(await name.inputValue()).toBe("Computer");
      await name.fill("  <b>Küche</b> ");
      await name.press("Enter");
      expect(await name.inputValue()).toBe("<b>Küche</b>");
      await dialog.getByRole("button", { name: "Send" }).click();
      expect(await page.evaluate(() => (globalThis as unknown as { shared: ShareData }).shared))
        .toEqual({ title: "<b>Küche</b> · livesyte", url: link });
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
        .toBe("Share");

      const { pathname, search } = new URL(link);
      await visit({ url, path: pathname + search }, async ({ page: viewer }) => {
        await waitForDog(viewer);
        await viewer.getByText("<b>Küche</b>").waitFor();
        await page.getByRole("button", { name: "Stop" }).click();
        await viewer.getByText("The stream has ended").waitFor();
        await viewer.getByText("If it starts again, it is shown here.").waitFor();
        // Even over a reload of the page that sends it.
        await page.reload();
        await startCamera(page);
        await waitForDog(viewer);
        const again = await openShare(page);
        expect(again.link).toBe(link);
        // Without a name of the person's, it is called after its device again.
        await again.dialog.getByLabel("Name").fill("");
        await again.dialog.getByLabel("Name").press("Enter");
        expect(await again.dialog.getByLabel("Name").inputValue()).toBe("Computer");
      });
    });
  },
);

dogTest(
  "streams are listed with images that are renewed while somebody sees them",
  async (camera) => {
    await visit({ camera }, async ({ page: sender, url }) => {
      await startCamera(sender);
      await waitForDog(sender);
      await visit({ url, path: "/watch", context: PHONE }, async ({ page, requests }) => {
        const image = page.locator(".stream-card", { hasText: "Computer" }).locator("img");
        await page.waitForFunction(() => document.querySelector("img")?.naturalWidth === 320);
        expect(await image.evaluate((img) => (img as HTMLImageElement).naturalHeight)).toBe(240);
        await expectAccessible(page, "list with images");
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        const before = await image.getAttribute("src");
        await page.waitForFunction(
          (src) => document.querySelector("img")?.getAttribute("src") !== src,
          before,
        );
        await page.evaluate(() => {
          Object.defineProperty(document, "hidden", { configurable: true, value: true });
          document.dispatchEvent(new Event("visibilitychange"));
        });
        await page.waitForTimeout(500);
        const asked = requests.length;
        await page.waitForTimeout(4500);
        expect(requests.length).toBe(asked);

        await sender.getByRole("button", { name: "Stop" }).click();
        await page.reload();
        await page.getByText("Nobody is streaming").waitFor();
        await expectAccessible(page, "nobody streams");
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        await page.getByRole("link", { name: "See the cameras" }).waitFor();
        await page.getByRole("link", { name: "Open the live page" }).click();
        await page.getByRole("button", { name: "Start camera" }).waitFor();
      });
    });
  },
);
