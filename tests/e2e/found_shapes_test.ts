import { expect } from "expect";
import type { Page } from "playwright-core";
import { labelColor } from "../../lib/image/label_colors.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import { startTestServer } from "../routes/test_server.ts";
import { browserTest } from "./browser.ts";
import { FixedPipeline, FOUND } from "./found_shapes.ts";
import { DOG_IMAGE, expectAccessible, onStage, openFile, visit, waitForDog } from "./live_page.ts";

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
      expect(await colorAt(page, point)).toEqual([0, 0, 0, 0]);
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
