import { expect } from "expect";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";
import {
  DOG_IMAGE,
  expectAccessible,
  openFile,
  visit,
  type VisitOptions,
  waitForDog,
} from "./live_page.ts";
import { startServer } from "./server.ts";

const TOKEN = "a token & more";
const ENVIRONMENT = { STREAM_AUTH_TOKEN: TOKEN, PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };
/** Browsers tell of every request that is refused. */
const REFUSED: VisitOptions = { tolerate: /status of 401|WebSocket connection to .* failed/ };

browserTest("every page asks for a missing token in the same words", async () => {
  await using server = await startServer(ENVIRONMENT);
  const views = ["/watch?session_id=a", "/cameras?id=a"];
  for (const path of ["/", "/watch", "/cameras", "/videos", "/events", ...views]) {
    await visit({ ...REFUSED, url: server.url, path }, async ({ page }) => {
      await page.getByText("The server asks for a token").first().waitFor();
      await expectAccessible(page, `${path} without a token`);
      await enterToken(page, "wrong");
      await page.getByText("The server does not accept this token").first().waitFor();
      await enterToken(page, TOKEN);
      await page.locator(".token").waitFor({ state: "detached" });
      const { pathname, searchParams } = new URL(page.url());
      expect(searchParams.get("token")).toBe(TOKEN);
      searchParams.delete("token");
      expect(pathname + (searchParams.size > 0 ? `?${searchParams}` : "")).toBe(path);
    });
  }
  await visit({ ...REFUSED, url: server.url }, async ({ page, requests }) => {
    await page.getByText("The server asks for a token").waitFor();
    await openFile(page, DOG_IMAGE);
    await page.getByText("One moment").waitFor({ state: "hidden" });
    await page.getByText("The server asks for a token").waitFor();
    // What the file has asked for may still be under way. Retries would come after one second, and two more, and four.
    await page.waitForTimeout(1500);
    const asked = requests.length;
    await page.waitForTimeout(3000);
    expect(requests.length).toBe(asked);
    await enterToken(page, TOKEN);
    await page.getByRole("button", { name: "Start camera" }).waitFor();
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
  });
});

browserTest(
  "every page keeps the token that it was opened with, and brings it to the others",
  async () => {
    await using server = await startServer(ENVIRONMENT);
    await visit({ ...REFUSED, url: server.url, path: "/videos" }, async ({ page, url }) => {
      for (const path of ["/watch", "/watch?session_id=a", "/cameras", "/events", "/videos"]) {
        await page.evaluate(() => localStorage.clear());
        const opened = new URL(path, url);
        opened.searchParams.set("token", TOKEN);
        await page.goto(opened.href);
        await page.waitForFunction(() => localStorage.getItem("livesyte.token") !== null);
        const other = path === "/videos" ? "/cameras" : "/videos";
        await page.goto(new URL(other, url).href);
        await page.waitForURL((at) =>
          at.pathname === other && at.searchParams.get("token") === TOKEN
        );
        await page.locator(".token").waitFor({ state: "detached" });
      }
    });
  },
);

async function enterToken(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Open", exact: true }).click();
}
