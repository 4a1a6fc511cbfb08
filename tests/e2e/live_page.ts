/** Opens the pages in a browser, and looks at what they show. @module */

import axe from "axe-core";
import { expect } from "expect";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Size } from "../../lib/image/size.ts";
import type { Rectangle } from "../../lib/image/captions.ts";
import { type Fit, fittedRectangle, placeBox } from "../../lib/client/overlay/overlay_layout.ts";
import { browserTest, launchBrowser, type LaunchOptions } from "./browser.ts";
import { createFilms, type Films } from "./camera_file.ts";
import { type ServerProcess, startServer } from "./server.ts";

/** Where the dog is in `dog.jpg`, and the size of that image: see tests/fixtures/README.md. */
const DOG = { box: [131, 218, 178, 322], width: 768, height: 576 } as const;
/** Path of the image with the dog. */
export const DOG_IMAGE = new URL("../fixtures/dog.jpg", import.meta.url).pathname;
/** The colour of dogs, red, green and blue. */
export const DOG_COLOR = [204, 121, 167];
/** Generous, as tests share a slow machine with others. */
const TIMEOUT_MS = 60_000;

/** Said outright, so that no test waits for autotune. */
const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };

let server: ServerProcess | undefined;
let films: Films | undefined;

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await films?.[Symbol.asyncDispose]();
});

/** A page that was opened. */
export interface Visit {
  page: Page;
  browser: Browser;
  url: string;
  /** Addresses of all requests. */
  requests: string[];
}

/** Options for {@linkcode visit}. */
export interface VisitOptions extends LaunchOptions {
  context?: BrowserContextOptions;
  /** Address of another server than the one that the tests of a file share. */
  url?: string;
  /**
   * Path of the page.
   *
   * @default {"/"}
   */
  path?: string;
  /** Complaints of the browser that the test itself gives it reason for. */
  tolerate?: RegExp;
}

/**
 * Opens a page in a browser of its own.
 *
 * In the end, whatever the test was about, the browser must not have complained, and must have asked only this server.
 */
export async function visit(
  { context: contextOptions, url, path = "/", tolerate = /^$/, ...launch }: VisitOptions,
  fn: (visit: Visit) => Promise<void>,
): Promise<void> {
  url ??= (server ??= await startServer(CHOSEN_PLAN)).url;
  const browser = await launchBrowser(launch);
  try {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      ...contextOptions,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
    await page.goto(new URL(path, url).href);
    await fn({ page, browser, url, requests });
    const { host } = new URL(url);
    expect(requests.filter((request) => !isFrom(host, request))).toEqual([]);
    expect(complaints.filter((complaint) => !tolerate.test(complaint))).toEqual([]);
  } finally {
    await browser.close();
  }
}

/** Whether a request stays with a server; what the page made itself has no server. */
function isFrom(host: string, request: string): boolean {
  return request.startsWith("blob:") || new URL(request).host === host;
}

/** A test with the dog in front of the camera. */
export function dogTest(name: string, fn: (camera: string, films: Films) => Promise<void>): void {
  browserTest(name, async () => {
    films ??= await createFilms();
    await fn(await films.make("dog.jpg", "mjpeg"), films);
  }, "ffmpeg");
}

/** Waits until the live page hears what is done to it: by then it has asked the server for its pipelines. */
async function waitForPage(page: Page): Promise<void> {
  await page.locator(`.setup option[value]:not([value=""])`).first().waitFor({ state: "attached" });
}

/** Opens an image or a video file on the live page. */
export async function openFile(page: Page, path: string): Promise<void> {
  await waitForPage(page);
  await page.locator("input[type=file]").setInputFiles(path);
}

/** Presses the button of the first visit. */
export async function startCamera(page: Page): Promise<void> {
  await waitForPage(page);
  await page.getByRole("button", { name: "Start camera" }).click();
}

/** Waits until a dog is drawn. */
export async function waitForDog(page: Page): Promise<void> {
  // The canvas's content is for assistive technology, so it is there but never visible.
  await page.locator(`.overlay [data-label="dog"]`).first().waitFor({ state: "attached" });
}

/** Where the dog was drawn, in CSS pixels of the stage. */
export async function drawnDog(page: Page): Promise<Rectangle> {
  const box = await page.locator(`.overlay [data-label="dog"]`).first().getAttribute("data-box");
  const [x = NaN, y = NaN, width = NaN, height = NaN] = (box ?? "").split(" ").map(Number);
  return { x, y, width, height };
}

/** Where the dog is on the stage, going by the reference. */
export async function expectedDog(page: Page, fit: Fit = "contain"): Promise<Rectangle> {
  return await onStage(page, DOG.box, DOG, fit);
}

/** Where a box of an image is shown, in CSS pixels of the stage. */
export async function onStage(
  page: Page,
  box: readonly [number, number, number, number],
  frame: Size,
  fit: Fit = "contain",
): Promise<Rectangle> {
  const element = await page.locator(`.source[data-shown="true"]`).boundingBox();
  if (element === null) throw new Error("The source is not shown");
  return placeBox([...box], frame, fittedRectangle(element, frame, fit));
}

/**
 * Waits until the dog's box lies on the dog of an image that shows all of `dog.jpg` at a place.
 *
 * @param isMirrored Whether the page shows that image as in a mirror.
 */
export async function waitForDogAt(
  page: Page,
  place: Rectangle,
  frame: Size,
  isMirrored = false,
): Promise<void> {
  const { x: left, y, width, height } = placeBox([...DOG.box], DOG, place);
  const x = isMirrored ? frame.width - left - width : left;
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    await waitForDog(page);
    const expected = await onStage(page, [x, y, width, height], frame);
    // The box may go as it is read; then there is the next one.
    const drawn = await drawnDog(page).catch(() => undefined);
    if (drawn !== undefined && intersectionOverUnion(drawn, expected) >= 0.7) return;
    if (Date.now() > deadline) expect({ drawn }).toEqual({ drawn: expected });
    await page.waitForTimeout(100);
  }
}

/** Area of the intersection over the area of the union. */
export function intersectionOverUnion(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const intersection = Math.max(0, width) * Math.max(0, height);
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

/** The colours of the canvas across the left edge of a box, where the dog's box stands clear of the bicycle's. */
export function colorsAcrossLeftEdge(page: Page, box: Rectangle): Promise<number[][]> {
  return page.locator(".overlay").evaluate((canvas, { x, y, height }) => {
    const { width: pixels, clientWidth } = canvas as HTMLCanvasElement;
    const ratio = pixels / clientWidth;
    const context = (canvas as HTMLCanvasElement).getContext("2d");
    const image = context?.getImageData((x - 4) * ratio, (y + height * 0.9) * ratio, 8 * ratio, 1);
    const bytes = [...image?.data ?? []];
    return bytes.flatMap((_, index) => index % 4 === 0 ? [bytes.slice(index, index + 4)] : []);
  }, box);
}

/** How much has moved on the page by itself since it was opened, as browsers score it. */
export function movement(page: Page): Promise<number> {
  return page.evaluate(() =>
    new Promise<number>((resolve) => {
      let score = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const shift = entry as unknown as { value: number; hadRecentInput: boolean };
          // What a person does may move something.
          if (!shift.hadRecentInput) score += shift.value;
        }
      }).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => resolve(score), 500);
    })
  );
}

/** Lets axe look at the page as it is now, light and dark; `state` names it in a failure. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  // Evaluated rather than added as a script, which the page's policy forbids.
  await page.evaluate(axe.source);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectNoViolations(page, `${state}, ${colorScheme}`);
  }
}

async function expectNoViolations(page: Page, state: string): Promise<void> {
  const violations = await page.evaluate(async () => {
    // It would make inline styles of those that a build in memory imports, which the page's policy forbids.
    const preload = { assets: ["media"] };
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
      preload,
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
  });
  expect({ state, violations }).toEqual({ state, violations: [] });
}
