import { Buffer } from "node:buffer";
import { expect } from "expect";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { browserTest } from "./browser.ts";
import { CameraInPage, LEVEL, UPRIGHT } from "./canvas_camera.ts";
import {
  DOG_IMAGE,
  dogTest,
  expectAccessible,
  onStage,
  startCamera,
  visit,
  waitForDog,
  waitForDogAt,
} from "./live_page.ts";
import { startServer } from "./server.ts";

browserTest("boxes stay on the dog when the camera is turned, on every page", async () => {
  await visit({}, async ({ page, url }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await startCamera(page);
    await waitForDogAt(page, LEVEL.dog, LEVEL.size);
    expect(await snapshotSize(page)).toEqual(LEVEL.size);
    await visit({ url, path: "/watch" }, async ({ page: viewer }) => {
      await viewer.locator(".streams a").click();
      await waitForDogAt(viewer, LEVEL.dog, LEVEL.size);
      await camera.show(UPRIGHT);
      await waitForDogAt(page, UPRIGHT.dog, UPRIGHT.size);
      await waitForDogAt(viewer, UPRIGHT.dog, UPRIGHT.size);
    });
    expect(await snapshotSize(page)).toEqual(UPRIGHT.size);
    await page.keyboard.press("d");
    await page.locator(".figures-list", { hasText: "480×640" }).waitFor();
  });
});

browserTest("the camera's frames are JPEGs that are quick to decode: baseline, 4:2:0", async () => {
  await visit({}, async ({ page }) => {
    await CameraInPage.install(page, { view: LEVEL });
    const sent: Buffer[] = [];
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        if (typeof payload !== "string") sent.push(payload);
      }));
    await startCamera(page);
    await waitForDog(page);
    expect(await sharp(sent[0]).metadata()).toMatchObject({
      format: "jpeg",
      ...LEVEL.size,
      chromaSubsampling: "4:2:0",
      isProgressive: false,
    });
  });
});

browserTest("a front camera is shown as a mirror, with its boxes on the objects", async () => {
  // Grey is at the right.
  const view = {
    size: { width: 640, height: 480 },
    dog: { x: 0, y: 120, width: 480, height: 360 },
  };
  await visit({}, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view, facing: "user" });
    await startCamera(page);
    await waitForDogAt(page, view.dog, view.size, true);
    const [asked] = await camera.asked();
    expect(asked).toMatchObject({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    const greys = async (x: number) => {
      const clip = await onStage(page, [x, 300, 8, 8], view.size);
      const stage = await page.locator(".viewport").boundingBox();
      const image = await page.screenshot({
        clip: { ...clip, x: clip.x + (stage?.x ?? NaN), y: clip.y + (stage?.y ?? NaN) },
      });
      const { channels } = await sharp(image).removeAlpha().stats();
      return channels.every(({ mean, stdev }) => Math.abs(mean - 128) < 4 && stdev < 4);
    };
    expect([await greys(80), await greys(560)]).toEqual([true, false]);
  });
});

browserTest("a recording goes on when the camera is turned", async () => {
  await visit({}, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await startCamera(page);
    await waitForDogAt(page, LEVEL.dog, LEVEL.size);
    const record = page.getByRole("button", { name: "Record" });
    await record.click();
    await camera.show(UPRIGHT);
    await waitForDogAt(page, UPRIGHT.dog, UPRIGHT.size);
    await page.waitForTimeout(1000);
    const [saved] = await Promise.all([page.waitForEvent("download"), record.click()]);
    const { data, info } = await lastFrame(await saved.path());
    expect(info).toMatchObject(LEVEL.size);
    // The upright image stands in the middle, 360 pixels wide, with black beside it and grey above the dog.
    const brightnessAt = (x: number, y: number) =>
      data[(y * info.width + x) * info.channels] ?? NaN;
    expect(brightnessAt(60, 60)).toBeLessThan(32);
    expect(brightnessAt(580, 60)).toBeLessThan(32);
    expect(Math.abs(brightnessAt(320, 60) - 128)).toBeLessThan(16);
  });
}, "ffmpeg");

browserTest("a camera that gives no frames for a while goes on by itself", async () => {
  await using server = await startServer({
    STREAM_IDLE_TIMEOUT_S: "2",
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
  });
  await visit({ url: server.url }, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await startCamera(page);
    await waitForDog(page);
    await camera.give(false);
    await page.getByText("No frames are coming in").waitFor();
    await expectAccessible(page, "no frames");
    await camera.give(true);
    await page.locator(".banner").waitFor({ state: "detached" });
    await page.locator(`.overlay[data-stale="false"]`).waitFor();
    expect((await camera.asked()).length).toBe(1);
  });
});

browserTest("a camera that is taken away is opened again once it is back", async () => {
  await visit({}, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await startCamera(page);
    await waitForDog(page);
    await camera.take(true);
    await page.getByText("The camera has gone").waitFor();
    await page.waitForTimeout(6000);
    await page.getByText("The camera has gone").waitFor();
    await camera.take(false);
    await waitForDog(page);
    expect((await camera.asked()).at(-1)).toMatchObject({
      video: { deviceId: { exact: "canvas" } },
    });
    expect(await camera.inUse()).toBe(1);
  });
});

browserTest("a camera that cannot be played is let go", async () => {
  await visit({}, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await page.evaluate(() => {
      HTMLMediaElement.prototype.play = () =>
        Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await startCamera(page);
    await page.getByText("The camera did not start").waitFor();
    expect((await camera.asked()).length).toBe(1);
    expect(await camera.inUse()).toBe(0);
  });
});

browserTest("a wrong file does not stop the camera", async () => {
  await visit({}, async ({ page }) => {
    const camera = await CameraInPage.install(page, { view: LEVEL });
    await startCamera(page);
    await waitForDog(page);
    const buffer = Buffer.from("no image");
    const problems = [
      { name: "notes.txt", mimeType: "text/plain", says: "is neither an image nor a video" },
      { name: "broken.jpg", mimeType: "image/jpeg", says: "This browser cannot show" },
      { name: "broken.mp4", mimeType: "video/mp4", says: "This browser cannot show" },
    ];
    for (const { name, mimeType, says } of problems) {
      await page.locator("input[type=file]").setInputFiles({ name, mimeType, buffer });
      await page.locator(".banner", { hasText: name }).getByText(says).waitFor();
      expect(await camera.inUse()).toBe(1);
      await page.getByRole("button", { name: "Close" }).click();
      await page.locator(".banner").waitFor({ state: "detached" });
    }
    await page.locator(`.overlay[data-stale="false"]`).waitFor();
    expect((await camera.asked()).length).toBe(1);
    await page.locator("input[type=file]").setInputFiles(DOG_IMAGE);
    await page.getByRole("img", { name: "The image" }).waitFor();
    expect(await camera.inUse()).toBe(0);
  });
});

browserTest("a viewer sees the boxes of frames that carry an EXIF orientation", async () => {
  const jpeg = await sharp(DOG_IMAGE).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const sideways = await sharp(jpeg).metadata();
  expect(sideways.orientation).toBe(6);
  const size = { width: sideways.width, height: sideways.height };
  await visit({ path: "/watch" }, async ({ page, url }) => {
    const address = new URL("/ws/video/stream?pipeline_id=yolo_only", url);
    const socket = new WebSocket(address.href.replace(/^http/, "ws"));
    try {
      socket.onopen = () => socket.send(jpeg);
      socket.onmessage = () => setTimeout(() => socket.readyState === 1 && socket.send(jpeg), 200);
      await page.locator(".streams a").click();
      await waitForDogAt(page, { x: 0, y: 0, ...size }, size);
      const drawn = await page.locator(".source[data-shown=true]").evaluate((element) => {
        const { width, height } = element as HTMLCanvasElement;
        return { width, height };
      });
      expect(drawn).toEqual(size);
      expect(await snapshotSize(page)).toEqual(size);
    } finally {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      socket.onclose = () => resolve();
      socket.close();
      await closed;
    }
  });
});

/** The last frame of a video, as pixels. */
async function lastFrame(path: string) {
  const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      "-v",
      "error",
      "-i",
      path,
      "-fps_mode",
      "passthrough",
      "-c:v",
      "png",
      "-f",
      "image2pipe",
      "-",
    ],
  }).output();
  if (!success) throw new Error(`Cannot read the video: ${new TextDecoder().decode(stderr)}`);
  const signature = [0x89, 0x50, 0x4e, 0x47];
  const start = stdout.findLastIndex((_, index) =>
    signature.every((byte, offset) => stdout[index + offset] === byte)
  );
  return await sharp(stdout.subarray(start)).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
}

/** Size of the image that a snapshot saves. */
async function snapshotSize(page: Page): Promise<{ width: number; height: number }> {
  await page.getByRole("button", { name: "Snapshot" }).click();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save image" }).click(),
  ]);
  const { width, height } = await sharp(await saved.path()).metadata();
  await page.keyboard.press("Escape");
  return { width, height };
}

dogTest("the image can be shown in step with its boxes", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    const shown = page.locator(`canvas.source[data-shown="true"][aria-hidden]`);
    expect(await shown.count()).toBe(0);
    await page.getByRole("switch", { name: "Image in step with boxes" }).check();
    await shown.waitFor();
    // What is drawn is the frame that the list beside it was made of: neither is ahead.
    expect(await shown.evaluate((canvas) => (canvas as HTMLCanvasElement).width)).toBeGreaterThan(
      0,
    );
    await waitForDog(page);
    await page.getByRole("switch", { name: "Image in step with boxes" }).uncheck();
    await shown.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped").waitFor();
  });
});
