import { expect } from "expect";
import type { Page } from "playwright-core";
import { DOG_VIDEO, ffmpeg, H264, makeDogVideo } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import {
  dogTest,
  drawnDog,
  expectAccessible,
  expectedDog,
  intersectionOverUnion,
  visit,
  waitForDog,
} from "./live_page.ts";

const PATH = "/videos";

/** Sends a video from the page with the pipeline that only detects. */
async function choose(page: Page, file: string): Promise<void> {
  await page.getByRole("combobox", { name: "Pipeline" }).selectOption("yolo_only");
  await page.locator(".upload input[type=file]").setInputFiles(file);
}

/** Lets the page send no more than so many bytes a second; -1 for no limit. */
async function limitUpload(page: Page, uploadThroughput: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput,
  });
}

/** Waits until a bar has got on. */
async function untilMoves(page: Page, label: string): Promise<void> {
  const bar = page.locator(`.job progress[aria-label="${label}"]`).first();
  await bar.waitFor();
  const before = await bar.evaluate((element) => (element as HTMLProgressElement).value);
  await page.waitForFunction(([label, before]) => {
    const bar = document.querySelector<HTMLProgressElement>(`.job progress[aria-label="${label}"]`);
    return (bar?.value ?? 0) > before;
  }, [label, before] as const);
}

async function download(page: Page, name: string): Promise<{ name: string; start: string }> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(".timeline").getByText(name).click(),
  ]);
  const bytes = await Deno.readFile(await saved.path());
  return {
    name: saved.suggestedFilename(),
    start: new TextDecoder("latin1").decode(bytes.subarray(0, 100)),
  };
}

dogTest("a video is uploaded, followed over a reload, played, scrubbed and saved", async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/two dogs.mp4`;
  await makeDogVideo(file, 120);
  await visit({ path: PATH }, async ({ page }) => {
    await page.getByText("See what is in a video, and when").waitFor();
    await expectAccessible(page, "empty");
    const { size } = await Deno.stat(file);
    await limitUpload(page, size / 2);
    await choose(page, file);
    await untilMoves(page, "Uploading");
    await expectAccessible(page, "uploading");
    await limitUpload(page, -1);
    await untilMoves(page, "Looking at frames");
    await expectAccessible(page, "processing");
    await page.reload();
    await untilMoves(page, "Looking at frames");

    await waitForDog(page);
    await expectAccessible(page, "completed");
    const dogs = page.locator(".tracks li", { hasText: "dog" });
    await dogs.locator(".tally", { hasText: /^1 object$/ }).waitFor();
    await dogs.locator(`.lane[aria-label="dog: 1 object, 0:00 to 0:04"]`).waitFor();
    const expected = await expectedDog(page);
    expect(intersectionOverUnion(await drawnDog(page), expected)).toBeGreaterThanOrEqual(0.7);

    const frame = page.locator(".overlay ul");
    const frameIndex = async () => Number(await frame.getAttribute("data-frame-index"));
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() =>
      Number(document.querySelector<HTMLElement>(".overlay ul")?.dataset.frameIndex) > 5
    );
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("slider", { name: "Time" }).fill("2");
    await page.waitForFunction(() =>
      document.querySelector<HTMLElement>(".overlay ul")?.dataset.frameIndex === "50"
    );
    const lane = await dogs.locator(".lane").boundingBox();
    await page.mouse.click((lane?.x ?? 0) + 0.75 * (lane?.width ?? 0), (lane?.y ?? 0) + 5);
    await page.waitForFunction(() =>
      document.querySelector<HTMLVideoElement>("video")?.seeking === false &&
      Number(document.querySelector<HTMLElement>(".overlay ul")?.dataset.frameIndex) > 80
    );
    expect(Math.abs(await frameIndex() - 90)).toBeLessThan(4);

    expect(await download(page, "JSON lines"))
      .toMatchObject({ start: expect.stringMatching(/^\{"frame_index":0,/) });
    expect(await download(page, "CSV"))
      .toMatchObject({ start: expect.stringMatching(/^frame_index,/) });
    expect(await download(page, "Annotated MP4")).toEqual({
      name: "two dogs-annotated.mp4",
      start: expect.stringContaining("ftyp"),
    });
  });
});

dogTest("a video can be cancelled, goes on where it was, and is deleted", async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/card.mp4`;
  await ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25", "-t", "6", ...H264, file);
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true };
  await visit({ path: PATH, context }, async ({ page }) => {
    await choose(page, file);
    await untilMoves(page, "Looking at frames");
    await page.getByRole("button", { name: "Cancel card.mp4" }).click();
    await page.locator(".notice", { hasText: "Cancelled" }).waitFor();
    await expectAccessible(page, "cancelled");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.locator(".job-facts", { hasText: "150 frames" }).waitFor();
    await page.getByRole("button", { name: "Delete card.mp4" }).click();
    await page.getByRole("button", { name: "Really delete card.mp4" }).click();
    await page.locator(".job", { hasText: "card.mp4" }).waitFor({ state: "detached" });
    await page.getByText("See what is in a video, and when").waitFor();
  });
});

dogTest(
  "a broken video is refused in words, and so is what is no video",
  async () => {
    await using directory = await temporaryDirectory();
    const whole = `${directory.path}/whole.mp4`;
    const half = `${directory.path}/half.mp4`;
    const text = `${directory.path}/text.mp4`;
    await makeDogVideo(whole, 20);
    await Deno.writeFile(half, (await Deno.readFile(whole)).slice(0, 9000));
    await Deno.writeTextFile(text, "This is no video. ".repeat(20));
    const tolerate = /the server responded with a status of 400/;
    await visit({ path: PATH, tolerate }, async ({ page }) => {
      await choose(page, half);
      const notice = page.locator(".notice");
      await notice.getByText("The video file is incomplete: its end is missing").waitFor();
      await notice.getByText("Choose a complete MP4, MOV, WebM, MKV or AVI file.").waitFor();
      await choose(page, text);
      await notice.getByText("The file is not a readable video").waitFor();
      await expectAccessible(page, "refused");
    });
  },
);

/** Sends videos of which the first is completed and the others are cancelled; whatever others have left is deleted before. */
async function sendForClearing(page: Page, folder: string): Promise<void> {
  await page.evaluate(() => fetch("/video/jobs?status=all", { method: "DELETE" }));
  await page.reload();
  await page.getByText("There are none yet.").waitFor();
  await choose(page, DOG_VIDEO);
  await page.locator(".job-facts", { hasText: "10 frames" }).waitFor();
  for (const name of ["first.mp4", "second.mp4"]) {
    await makeDogVideo(`${folder}/${name}`, 600);
    await choose(page, `${folder}/${name}`);
    await untilMoves(page, "Looking at frames");
    await page.locator(".job", { hasText: name }).getByRole("button", { name: "Cancel" }).click();
    await page.locator(".job", { hasText: name }).getByText("Cancelled").waitFor();
  }
}

dogTest("finished videos are cleared up by kind and age, by touch on a phone", async () => {
  await using directory = await temporaryDirectory();
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true };
  await visit({ path: PATH, context }, async ({ page }) => {
    await sendForClearing(page, directory.path);
    const dialog = page.getByRole("dialog", { name: "Clear up videos" });
    await page.getByRole("button", { name: "Clear up" }).tap();
    expect(await dialog.getByRole("radio", { name: "Cancelled 2" }).isChecked()).toBe(true);
    await expectAccessible(page, "clearing up");
    const box = await dialog.boundingBox();
    expect((box?.x ?? 0) >= 0 && (box?.x ?? 0) + (box?.width ?? 999) <= 390).toBe(true);
    await dialog.getByRole("combobox", { name: "Age" }).selectOption("24");
    expect(await dialog.getByRole("button", { name: "Nothing to delete" }).isDisabled()).toBe(true);
    await dialog.getByRole("combobox", { name: "Age" }).selectOption("0");
    await dialog.getByRole("button", { name: "Cancel" }).tap();
    expect(await page.locator(".job").count()).toBe(3);

    await page.getByRole("button", { name: "Clear up" }).tap();
    await dialog.getByRole("button", { name: "Delete 2 videos" }).tap();
    await page.getByRole("status").getByText("2 videos deleted.").waitFor();
    await dialog.waitFor({ state: "detached" });
    expect(await page.locator(".job-name").allTextContents())
      .toEqual([expect.stringContaining("dog.mp4")]);
    await expectAccessible(page, "cleared up");
  });
});

dogTest(
  "videos are cleared up with the keyboard alone, and the one on the stage goes too",
  async () => {
    await using directory = await temporaryDirectory();
    await visit({ path: PATH }, async ({ page }) => {
      await sendForClearing(page, directory.path);
      await page.locator(".job-name", { hasText: "dog.mp4" }).click();
      await page.locator(`.source[data-shown="true"]`).waitFor();
      const opener = page.getByRole("button", { name: "Clear up" });
      await opener.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog", { name: "Clear up videos" });
      await dialog.waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);

      await page.keyboard.press("Enter");
      await dialog.waitFor();
      // Up from the first choice is the last one.
      await page.keyboard.press("ArrowUp");
      expect(await dialog.getByRole("radio", { name: "All of these 3" }).isChecked()).toBe(true);
      await page.keyboard.press("Enter");
      expect(await page.locator(".job").count()).toBe(3);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const outcome = page.getByRole("status").getByText("3 videos deleted.");
      await outcome.waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent === "3 videos deleted.");
      await page.getByText("There are none yet.").waitFor();
      await page.getByText("See what is in a video, and when").waitFor();
      await opener.waitFor({ state: "detached" });
    });
  },
);
