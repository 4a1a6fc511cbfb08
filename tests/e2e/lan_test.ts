import { expect } from "expect";
import { lanAddresses, lanUrls } from "../../lib/front/lan.ts";
import type { Page } from "playwright-core";
import { isMissing } from "../needs.ts";
import { createFilms } from "./camera_file.ts";
import {
  expectAccessible,
  startCamera,
  visit,
  type VisitOptions,
  waitForDog,
} from "./live_page.ts";
import { startServer } from "./server.ts";

const TOKEN = "a token & more";
const ENVIRONMENT = { STREAM_AUTH_TOKEN: TOKEN, PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };
const PHONE: NonNullable<VisitOptions["context"]> = {
  ...{ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  // As a person does once, after the browser's warning.
  ignoreHTTPSErrors: true,
};
const ignore = isMissing("chromium", "ffmpeg") || lanAddresses().length === 0;

Deno.test({
  name: "a phone in the network sees boxes on its camera over TLS, and needs the token once",
  ignore,
  async fn() {
    await using server = await startServer({ ...ENVIRONMENT, LAN: "1" });
    await using films = await createFilms();
    const [url = ""] = lanUrls(server.url, "0.0.0.0");
    const path = `/?token=${encodeURIComponent(TOKEN)}`;
    const camera = await films.make("dog.jpg", "mjpeg");
    const tolerate = /status of 401/;
    await visit({ url, path, camera, context: PHONE, tolerate }, async ({ page }) => {
      await startCamera(page);
      await waitForDog(page);
      expect(await page.locator(".phone").isVisible()).toBe(false);
      await expectShared(page, url);
      await page.goto(new URL("/videos", url).href);
      await page.waitForURL((at) => at.searchParams.get("token") === TOKEN);
      await page.getByRole("heading", { name: "Videos" }).first().waitFor();
    });
    // The desktop shows the code for a phone.
    await visit({ url, path, context: { ignoreHTTPSErrors: true } }, async ({ page }) => {
      await page.getByText("Use your phone").click();
      await page.getByRole("img", { name: "QR code" }).waitFor();
      await expectAccessible(page, "with the code for a phone");
    });
  },
});

/** Shares the stream of a page; whoever opens the link sees it, and needs to enter no token. */
async function expectShared(page: Page, url: string): Promise<void> {
  await page.locator(`button[aria-label="Share"]:enabled`).tap();
  const dialog = page.getByRole("dialog", { name: "Share this stream" });
  await dialog.getByText("It holds the server’s token").waitFor();
  await dialog.getByRole("img", { name: "QR code" }).waitFor();
  await expectAccessible(page, "sharing with a token");
  const link = new URL(await dialog.getByLabel("Link").inputValue());
  await page.keyboard.press("Escape");
  expect(link.origin).toBe(new URL(url).origin);
  const path = link.pathname + link.search;
  await visit({ url, path, context: PHONE, tolerate: /status of 401/ }, async ({ page }) => {
    await waitForDog(page);
    await page.waitForFunction(() => localStorage.getItem("livesyte.token") !== null);
    await page.goto(new URL("/watch", url).href);
    await page.waitForURL((at) => at.searchParams.get("token") === TOKEN);
    await page.locator(".stream-card").first().waitFor();
  });
}

Deno.test({
  name: "a page over plain HTTP says why there is no camera, and how to get one",
  ignore,
  async fn() {
    await using server = await startServer({ ...ENVIRONMENT, HOST: "0.0.0.0" });
    const [url = ""] = lanUrls(server.url, "0.0.0.0");
    const path = `/?token=${encodeURIComponent(TOKEN)}`;
    // One of the headers is for HTTPS only.
    const tolerate = /Cross-Origin-Opener-Policy header has been ignored/;
    await visit({ url, path, context: PHONE, tolerate }, async ({ page }) => {
      await page.getByText("Browsers share a camera only with secure pages").waitFor();
      await page.getByText("start it with --lan").waitFor();
      expect(await page.getByRole("button", { name: "Start camera" }).count()).toBe(0);
      await expectAccessible(page, "without a secure context");
      expect(await page.locator(".notice-steps .button").allInnerTexts()).toEqual(["Open file"]);
      await page.getByRole("button", { name: "Try a sample image" }).click();
      await waitForDog(page);
    });
  },
});
