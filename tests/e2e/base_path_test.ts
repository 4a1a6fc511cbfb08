import { expect } from "expect";
import { browserTest } from "./browser.ts";
import { DOG_IMAGE, openFile, visit, waitForDog } from "./live_page.ts";
import { startServer } from "./server.ts";

browserTest("the pages work below a path", async () => {
  await using server = await startServer({
    BASE_PATH: "/vision",
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
  });
  await visit({ url: server.url, path: "/vision" }, async ({ page, requests }) => {
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
    await page.keyboard.press("d");
    await page.locator(".plot canvas").waitFor();
    await visit({ url: server.url, path: "/vision/watch" }, async ({ page: viewer, requests }) => {
      await viewer.locator(".streams a").click();
      await waitForDog(viewer);
      expect(requests.filter(isElsewhere)).toEqual([]);
    });
    await page.getByRole("link", { name: "Videos" }).click();
    await page.getByText("There are none yet").waitFor();
    await page.getByRole("link", { name: "Live", exact: true }).click();
    await page.getByRole("button", { name: "Start camera" }).waitFor();
    expect(requests.length).toBeGreaterThan(10);
    expect(requests.filter(isElsewhere)).toEqual([]);
  });
});

/** Whether a proxy that passes on what is below the path would have sent a request elsewhere. */
function isElsewhere(address: string): boolean {
  const { protocol, pathname } = new URL(address);
  return protocol !== "blob:" && pathname !== "/vision" && !pathname.startsWith("/vision/");
}
