import { expect } from "expect";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { labelColor } from "../../lib/image/label_colors.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import { scaleResult } from "../../lib/image/scale_result.ts";
import type { Services } from "../../services.ts";
import { startTestServer } from "../routes/test_server.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { waitFor } from "../video/wait_for.ts";
import { browserTest } from "./browser.ts";
import { FixedPipeline, FOUND } from "./found_shapes.ts";
import { DOG_IMAGE, expectAccessible, onStage, openFile, visit, waitForDog } from "./live_page.ts";

/** The same, as it is found in `DOG_VIDEO`. */
const IN_VIDEO = scaleResult(FOUND, { width: 640, height: 480 });

/** Runs a test on the live page while a pipeline finds what is made by hand. */
async function visitFound(
  fn: (page: Page, pipeline: FixedPipeline) => Promise<void>,
): Promise<void> {
  const pipeline = new FixedPipeline();
  await using server = await startTestServer({ processor: pipeline });
  // The test itself reads pixels back, again and again.
  await visit(
    { url: `http://${server.host}/`, tolerate: /willReadFrequently/ },
    async ({ page }) => {
      await openFile(page, DOG_IMAGE);
      await waitForDog(page);
      await fn(page, pipeline);
    },
  );
}

/** The colour that lies on the overlay at a point of the frame, red, green, blue and opacity. */
async function colorAt(page: Page, [x, y]: Point): Promise<number[]> {
  const place = await onStage(page, [x, y, 0, 0], FOUND.image);
  return await page.locator(".overlay").evaluate((canvas, { x, y }) => {
    const ratio = (canvas as HTMLCanvasElement).width / canvas.clientWidth;
    const context = (canvas as HTMLCanvasElement).getContext("2d");
    return [...context?.getImageData(x * ratio, y * ratio, 1, 1).data ?? []];
  }, place);
}

/** Red, green and blue of a class. */
function colorOf(classId: number): number[] {
  return [...Uint8Array.fromHex(labelColor(classId).fill.slice(1))];
}

browserTest("masks are filled, keypoints joined, boxes turned, and classes listed", async () => {
  await visitFound(async (page) => {
    // Inside of the dog, the colour of dogs with the image seen through it.
    const [red, green, blue, opacity = 0] = await colorAt(page, [200, 450]);
    expect(opacity).toBeGreaterThan(60);
    expect(opacity).toBeLessThan(120);
    for (const [index, value] of [red, green, blue].entries()) {
      expect(Math.abs((value ?? NaN) - (colorOf(16)[index] ?? NaN))).toBeLessThan(4);
    }
    // Between the left hip and the left knee, and where a line to the doubtful right wrist would be.
    expect(await colorAt(page, [637, 339])).toEqual([...colorOf(0), 255]);
    expect((await colorAt(page, [577, 278]))[3]).toBe(0);
    // In the middle of the upper edge of the turned box, and on the box around it.
    expect(await colorAt(page, [583, 84])).toEqual([...colorOf(7), 255]);
    expect((await colorAt(page, [580, 180]))[3]).toBe(0);
    const overlay = await page.locator(".overlay li").allTextContents();
    expect(overlay).toEqual([
      "dog 93\u00a0% · husky 81\u00a0%",
      "person 88\u00a0%",
      "truck 71\u00a0%",
      "Whole image: porch 62\u00a0%",
      "Whole image: street 30\u00a0%",
    ]);
    await page.locator(".whole li", { hasText: "porch" }).waitFor();
    await page.getByRole("status").filter({ hasText: "porch" }).waitFor({ state: "attached" });
    await expectAccessible(page, "everything found");
  });
});

browserTest("a class that is hidden takes its mask, keypoints and turned box with it", async () => {
  await visitFound(async (page) => {
    for (const label of ["dog", "person", "truck", "porch"]) {
      await page.locator(".objects label", { hasText: label }).click();
    }
    await page.locator(`.overlay [data-label]`).first().waitFor({ state: "detached" });
    for (const point of [[200, 450], [637, 339], [583, 84]] as Point[]) {
      await waitFor(async () => (await colorAt(page, point)).every((value) => value === 0));
    }
    expect(await page.locator(".overlay li").allTextContents())
      .toEqual(["Whole image: street 30\u00a0%"]);
  });
});

browserTest("where only whole images are classified, that is all that is listed", async () => {
  await visitFound(async (page, pipeline) => {
    const models = { detector: null, recognizer: null };
    pipeline.found = { ...FOUND, detections: [], models };
    await page.reload();
    await openFile(page, DOG_IMAGE);
    await page.locator(".whole li", { hasText: "porch" }).waitFor();
    expect(await page.locator(".seen").isVisible()).toBe(false);
    await page.getByRole("status").filter({ hasText: "porch" }).waitFor({ state: "attached" });
  });
});

browserTest(
  "a snapshot shows masks, keypoints and turned boxes, and its JSON holds them",
  async () => {
    await visitFound(async (page) => {
      await page.getByRole("button", { name: "Snapshot" }).click();
      const png = await download(page, "Save image");
      const { data, info } = await sharp(png).removeAlpha().raw()
        .toBuffer({ resolveWithObject: true });
      // The page sends smaller frames than it opens.
      const scale = info.width / FOUND.image.width;
      const pixelAt = ([x, y]: Point) => {
        const start = 3 * (Math.floor(y * scale) * info.width + Math.floor(x * scale));
        return [...data.subarray(start, start + 3)];
      };
      expect(pixelAt([637, 339])).toEqual(colorOf(0));
      expect(pixelAt([583, 84])).toEqual(colorOf(7));
      const json = JSON.parse(new TextDecoder().decode(await download(page, "Save JSON")));
      expect(json.result).toMatchObject({ detections: FOUND.detections, classes: FOUND.classes });
    });
  },
);

browserTest(
  "the video page shows shapes and classes, and gives them in CSV and in the video",
  async () => {
    await using server = await startTestServer({ processor: new FixedPipeline() });
    const id = await storeFound(server.services);
    await visit({ url: `http://${server.host}/`, path: "/videos" }, async ({ page }) => {
      await page.locator(".job-name").click();
      await waitForDog(page);
      const lane = (row: string) => page.locator(`.lane[aria-label^="${row}"]`);
      await lane("dog: 1 at a time, 0:00 to 0:00").waitFor();
      await lane("husky: class of dog, ").waitFor();
      await lane("porch: class of the image, ").waitFor();
      await expectAccessible(page, "a video with classes");
    });
    const csv = await (await server.fetch(`/video/results/${id}?format=csv`)).text();
    expect(csv).toContain(`,${IN_VIDEO.detections[0]?.mask?.flat().join(" ")},,,husky 0.81\r\n`);
    const path = await Deno.makeTempFile({ suffix: ".mp4" });
    await Deno.writeFile(path, await (await server.fetch(`/video/annotated/${id}`)).bytes());
    const plain = await firstFrame(DOG_VIDEO);
    const drawn = await firstFrame(path);
    await Deno.remove(path);
    // The colour of dogs lies on the dog, and nothing on the bicycle.
    const place = (y: number, x: number) =>
      (Math.round(y * 480 / 576) * 640 + Math.round(x * 640 / 768)) * 3;
    for (const channel of [0, 1, 2]) {
      const [dog, bicycle] = [place(450, 200) + channel, place(430, 450) + channel];
      const mixed = 0.65 * (plain[dog] ?? NaN) + 0.35 * (colorOf(16)[channel] ?? NaN);
      expect(Math.abs((drawn[dog] ?? NaN) - mixed)).toBeLessThan(30);
      expect(Math.abs((drawn[bicycle] ?? NaN) - (plain[bicycle] ?? NaN))).toBeLessThan(30);
    }
  },
  "ffmpeg",
);

/** Keeps a finished job of ten frames in which the same is found. */
async function storeFound({ videos }: Services): Promise<string> {
  const { store } = await videos.open();
  const { size } = await Deno.stat(DOG_VIDEO);
  const file = { pipelineId: "yolo_only", fileName: "dog.mp4", fileBytes: size };
  const { id } = await store.create(file);
  await Deno.copyFile(DOG_VIDEO, store.files.path(id));
  await store.update(id, {
    video: { width: 640, height: 480, frameCount: 10, durationMs: 400 },
  });
  await store.updateStatus(id, "processing");
  await store.appendResults(
    id,
    Array.from({ length: 10 }, (_, index) => ({
      ...{ frame_index: index, timestamp_ms: index * 40, result: IN_VIDEO },
    })),
  );
  await store.updateStatus(id, "completed");
  return id;
}

async function download(page: Page, button: string): Promise<Uint8Array<ArrayBuffer>> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  return await Deno.readFile(await saved.path());
}

/** The first frame of a video of 640×480, as pixels. */
async function firstFrame(path: string): Promise<Uint8Array> {
  const { success, stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-i", path, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
  }).output();
  expect({ success, bytes: stdout.length }).toEqual({ success: true, bytes: 640 * 480 * 3 });
  return stdout;
}

browserTest("a pointer that moves draws anew only where it comes to another object", async () => {
  await visitFound(async (page) => {
    await page.evaluate(() => {
      const { clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...rectangle) {
        document.body.dataset.paints = String(Number(document.body.dataset.paints ?? 0) + 1);
        return clearRect.apply(this, rectangle);
      };
    });
    const read = async () => ({
      paints: Number(await page.locator("body").getAttribute("data-paints")),
      frame: Number(await page.locator(".overlay ul").getAttribute("data-frame-index")),
    });
    const stage = await page.locator(".overlay").boundingBox();
    const placeOf = async ([x, y]: Point) => {
      const place = await onStage(page, [x, y, 0, 0], FOUND.image);
      return { x: (stage?.x ?? 0) + place.x, y: (stage?.y ?? 0) + place.y };
    };
    const [dog, person] = [await placeOf([150, 400]), await placeOf([620, 300])];
    await page.mouse.move(dog.x, dog.y);
    const before = await read();
    for (let step = 0; step < 60; step++) await page.mouse.move(dog.x + step, dog.y);
    await page.waitForTimeout(200);
    const after = await read();
    // The image is sent again and again, and each answer is drawn.
    expect(after.paints - before.paints).toBeLessThanOrEqual(after.frame - before.frame + 2);
    await page.mouse.move(person.x, person.y);
    await page.waitForFunction(
      (paints) => Number(document.body.dataset.paints) > paints,
      after.paints,
    );
  });
});
