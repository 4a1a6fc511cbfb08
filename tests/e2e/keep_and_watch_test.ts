import { expect } from "expect";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { browserTest } from "./browser.ts";
import {
  DOG_COLOR,
  dogTest,
  drawnDog,
  expectAccessible,
  expectedDog,
  intersectionOverUnion,
  startCamera,
  visit,
  waitForDog,
} from "./live_page.ts";

dogTest("a snapshot is the frame with its overlay, and its JSON", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    await page.getByRole("button", { name: "Snapshot" }).click();
    const png = await download(page, "Save image");
    const json = JSON.parse(new TextDecoder().decode((await download(page, "Save JSON")).bytes));
    expect(png.name).toMatch(/^livesyte .* frame \d+\.png$/);
    expect(png.name).toContain(`frame ${json.frame_index}.`);
    expect(json).toMatchObject({ pipeline_id: expect.any(String), taken_at: expect.any(String) });

    const { data, info } = await sharp(png.bytes).removeAlpha().raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ ...json.result.image, channels: 3 });
    const dog = json.result.detections.find(({ label }: { label: string }) => label === "dog");
    const [x, y, , height] = dog.bbox.map(Math.round);
    const row = y + Math.round(height * 0.9);
    const edge = Array.from({ length: 9 }, (_, offset) => {
      const start = (row * info.width + x - 4 + offset) * 3;
      return [...data.subarray(start, start + 3)];
    });
    expect(edge).toContainEqual(DOG_COLOR);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

dogTest("a recording shows whether it is on, and is saved as a video", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    const record = page.getByRole("button", { name: "Record" });
    await record.click();
    await page.locator(`.record[aria-pressed="true"]`, { hasText: "0:02" }).waitFor();
    const saved = await download(page, "Record");
    await page.locator(`.record[aria-pressed="false"]`).waitFor();
    expect(saved.name).toMatch(/^livesyte .*\.webm$/);
    const frame = await firstFrame(saved.path);
    expect(frame.info).toMatchObject({ width: 640, height: 480 });
    // Where the dog's box begins there is more of its colour than in the image alone.
    expect(hasColorNear(frame.data, DOG_COLOR)).toBe(true);
  });
});

dogTest("a recording is saved when what it records ends", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    await page.getByRole("button", { name: "Record" }).click();
    await page.locator(`.record[aria-pressed="true"]`, { hasText: "0:02" }).waitFor();
    const saved = await download(page, "Stop");
    expect(saved.name).toMatch(/\.webm$/);
    expect(saved.bytes.length).toBeGreaterThan(0);
  });
});

dogTest(
  "a viewer chooses a stream and sees what its sender sees, until it ends",
  async (camera) => {
    await visit({ camera }, async ({ page: sender, url }) => {
      await startCamera(sender);
      await waitForDog(sender);
      await visit({ url, path: "/watch" }, async ({ page }) => {
        await expectAccessible(page, "list of streams");
        await page.locator(".streams a").click();
        await waitForDog(page);
        expect(intersectionOverUnion(await drawnDog(page), await expectedDog(page)))
          .toBeGreaterThanOrEqual(0.7);
        await page.locator(".objects li", { hasText: "dog" }).waitFor();
        await page.locator(`.pill[data-tone="live"], .pill[data-tone="degraded"]`).waitFor();
        await expectAccessible(page, "watching");
        await page.getByRole("button", { name: "Snapshot" }).click();
        expect((await download(page, "Save image")).name).toMatch(/\.png$/);
        await page.keyboard.press("Escape");
        await sender.getByRole("button", { name: "Stop" }).click();
        await page.getByText("The stream has ended").waitFor();
        await expectAccessible(page, "ended");
        await page.getByRole("link", { name: "All streams" }).click();
        await page.getByText("Nobody is streaming").waitFor();
      });
    });
  },
);

browserTest("a stream that is not there is told in words", async () => {
  await visit({ path: "/watch?session_id=gone" }, async ({ page }) => {
    await page.getByText("There is no such stream").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page, "no such stream");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

interface Download {
  name: string;
  path: string;
  bytes: Uint8Array;
}

/** Presses a button that saves a file. */
async function download(page: Page, button: string): Promise<Download> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  const path = await saved.path();
  return { name: saved.suggestedFilename(), path, bytes: await Deno.readFile(path) };
}

/** The first frame of a video, as pixels. */
async function firstFrame(path: string) {
  const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-i", path, "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "-"],
  }).output();
  if (!success) throw new Error(`Cannot read the video: ${new TextDecoder().decode(stderr)}`);
  return await sharp(stdout).removeAlpha().raw().toBuffer({ resolveWithObject: true });
}

/** Whether any pixel has a colour, give or take what video compression does to it. */
function hasColorNear(pixels: Uint8Array, color: readonly number[]): boolean {
  for (let start = 0; start < pixels.length; start += 3) {
    if (color.every((value, channel) => Math.abs(value - (pixels[start + channel] ?? 0)) < 24)) {
      return true;
    }
  }
  return false;
}
