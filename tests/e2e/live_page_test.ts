import { Buffer } from "node:buffer";
import axe from "axe-core";
import { expect } from "expect";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { containedRectangle, placeBox, type Rectangle } from "../../lib/client/overlay_layout.ts";
import { browserTest, launchBrowser, type LaunchOptions } from "./browser.ts";
import { createFilms, type Films, hasFfmpeg } from "./camera_file.ts";
import { type ServerProcess, startServer } from "./server.ts";

/** Where the dog is in `dog.jpg`, and the size of that picture: see tests/fixtures/README.md. */
const DOG = { box: [131, 218, 178, 322], width: 768, height: 576 } as const;
const DOG_PICTURE = new URL("../fixtures/dog.jpg", import.meta.url).pathname;
const DOG_COLOR = [204, 121, 167];
const FIRST_RESULT_MS = 15_000;
const MAXIMUM_SCRIPT_BYTES = 60 * 1024;

let server: ServerProcess | undefined;
let films: Films | undefined;

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await films?.[Symbol.asyncDispose]();
});

interface Visit {
  page: Page;
  browser: Browser;
  url: string;
  /** What the browser complained about. */
  complaints: string[];
  /** Addresses of all requests. */
  requests: string[];
}

interface VisitOptions extends LaunchOptions {
  context?: BrowserContextOptions;
  /** Address of another server than the one that the tests share. */
  url?: string;
}

/** Opens the live page in a browser of its own. */
async function visit(
  { context: contextOptions, url, ...launch }: VisitOptions,
  fn: (visit: Visit) => Promise<void>,
): Promise<void> {
  url ??= (server ??= await startServer()).url;
  const browser = await launchBrowser(launch);
  try {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      ...contextOptions,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(FIRST_RESULT_MS);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
    await page.goto(url);
    await fn({ page, browser, url, complaints, requests });
  } finally {
    await browser.close();
  }
}

/** A test with the dog in front of the camera. */
function dogTest(name: string, fn: (camera: string, films: Films) => Promise<void>): void {
  const mustRun = Deno.env.get("CI") === "true";
  if (!mustRun && !hasFfmpeg()) {
    Deno.test.ignore(`${name} (skipped: install ffmpeg)`, () => {});
    return;
  }
  browserTest(name, async () => {
    films ??= await createFilms();
    await fn(await films.make("dog.jpg", "mjpeg"), films);
  });
}

async function startCamera(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start camera" }).click();
}

async function waitForDog(page: Page): Promise<void> {
  // The canvas's content is for assistive technology, so it is there but never visible.
  await page.locator(`.overlay [data-label="dog"]`).first().waitFor({ state: "attached" });
}

/** Where the dog was drawn, in CSS pixels of the stage. */
async function drawnDog(page: Page): Promise<Rectangle> {
  const box = await page.locator(`.overlay [data-label="dog"]`).first().getAttribute("data-box");
  const [x = NaN, y = NaN, width = NaN, height = NaN] = (box ?? "").split(" ").map(Number);
  return { x, y, width, height };
}

/** Where the dog is on the stage, going by the reference. */
async function expectedDog(page: Page): Promise<Rectangle> {
  const element = await page.locator(`.source[data-shown="true"]`).boundingBox();
  if (element === null) throw new Error("The source is not shown");
  return placeBox([...DOG.box], DOG, containedRectangle(element, DOG));
}

/** Area of the intersection over the area of the union. */
function intersectionOverUnion(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const intersection = Math.max(0, width) * Math.max(0, height);
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

/** The colours of the canvas across the left edge of a box, where the dog's box stands clear of the bicycle's. */
function colorsAcrossLeftEdge(page: Page, box: Rectangle): Promise<number[][]> {
  return page.locator(".overlay").evaluate((canvas, { x, y, height }) => {
    const { width: pixels, clientWidth } = canvas as HTMLCanvasElement;
    const ratio = pixels / clientWidth;
    const context = (canvas as HTMLCanvasElement).getContext("2d");
    const image = context?.getImageData((x - 4) * ratio, (y + height * 0.9) * ratio, 8 * ratio, 1);
    const bytes = [...image?.data ?? []];
    return bytes.flatMap((_, index) => index % 4 === 0 ? [bytes.slice(index, index + 4)] : []);
  }, box);
}

async function expectAccessible(page: Page, state: string): Promise<void> {
  // Evaluated rather than added as a script, which the page's policy forbids.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
  });
  expect({ state, violations }).toEqual({ state, violations: [] });
}

dogTest("a dog before the camera gets a box that lies on the dog", async (camera) => {
  await visit({ camera }, async ({ page, url, complaints, requests }) => {
    await startCamera(page);
    await waitForDog(page);
    const drawn = await drawnDog(page);
    expect(intersectionOverUnion(drawn, await expectedDog(page))).toBeGreaterThanOrEqual(0.7);
    const colors = await colorsAcrossLeftEdge(page, drawn);
    expect(colors).toContainEqual([...DOG_COLOR, 255]);

    await page.locator(".objects li", { hasText: "dog" }).waitFor();
    await page.locator(`.pill[data-tone="live"], .pill[data-tone="degraded"]`).waitFor();
    expect(await page.locator(".figures").textContent()).toMatch(/^\d+ FPS · \d+ ms$/);
    const { host } = new URL(url);
    expect(requests.filter((request) => new URL(request).host !== host)).toEqual([]);
    expect(requests.some((request) => request.startsWith("ws:"))).toBe(true);
    expect(complaints).toEqual([]);
  });
});

dogTest("the box stays on the dog when the window changes, at any pixel ratio", async (camera) => {
  const context = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true };
  await visit({ camera, context }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    for (const viewport of [{ width: 390, height: 844 }, { width: 844, height: 390 }]) {
      await page.setViewportSize(viewport);
      const expected = await expectedDog(page);
      await page.waitForFunction(([x, width]) => {
        const box = document.querySelector(`.overlay [data-label="dog"]`)?.getAttribute("data-box");
        const [left = NaN, , across = NaN] = (box ?? "").split(" ").map(Number);
        return Math.abs(left - x) < width * 0.1 && Math.abs(across - width) < width * 0.2;
      }, [expected.x, expected.width] as const);
      const drawn = await drawnDog(page);
      expect(intersectionOverUnion(drawn, expected)).toBeGreaterThanOrEqual(0.7);
      expect(await colorsAcrossLeftEdge(page, drawn)).toContainEqual([...DOG_COLOR, 255]);
    }
  });
});

browserTest("a picture file is looked at without a camera", async () => {
  await visit({}, async ({ page, complaints }) => {
    await page.locator("input[type=file]").setInputFiles(DOG_PICTURE);
    await waitForDog(page);
    const drawn = await drawnDog(page);
    expect(intersectionOverUnion(drawn, await expectedDog(page))).toBeGreaterThanOrEqual(0.7);
    const frame = page.locator(".overlay ul");
    const before = Number(await frame.getAttribute("data-frame-index"));
    await page.waitForFunction((index) => {
      const list = document.querySelector<HTMLElement>(".overlay ul");
      return Number(list?.dataset.frameIndex) > index + 3;
    }, before);
    expect(complaints).toEqual([]);
  });
});

browserTest("a picture can be dropped anywhere on the page", async () => {
  await visit({}, async ({ page }) => {
    const bytes = (await Deno.readFile(DOG_PICTURE)).toBase64();
    const drop = (types: string[]) =>
      page.evaluate(([bytes, types]) => {
        const file = new File([Uint8Array.fromBase64(bytes)], "dog.jpg", { type: "image/jpeg" });
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(file);
        for (const type of types) {
          document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true }));
        }
      }, [bytes, types] as const);
    await drop(["dragenter"]);
    await page.getByText("Drop to look at this file").waitFor({ state: "visible" });
    await drop(["drop"]);
    await page.getByText("Drop to look at this file").waitFor({ state: "hidden" });
    await waitForDog(page);
  });
});

dogTest("a video file plays over and over", async (_camera, films) => {
  const film = await films.make("dog.jpg", "webm");
  await visit({}, async ({ page, complaints }) => {
    await page.locator("input[type=file]").setInputFiles(film);
    await waitForDog(page);
    // The film lasts two seconds, so its time must go back for frames to go on.
    await page.locator("video").evaluate((video) =>
      new Promise<void>((resolve) => {
        let last = 0;
        video.addEventListener("timeupdate", () => {
          const { currentTime } = video as HTMLVideoElement;
          if (currentTime < last) resolve();
          last = currentTime;
        });
      })
    );
    const before = await page.locator(".overlay ul").getAttribute("data-frame-index");
    await page.waitForFunction((index) => {
      const list = document.querySelector<HTMLElement>(".overlay ul");
      return Number(list?.dataset.frameIndex) > index;
    }, Number(before));
    expect(complaints).toEqual([]);
  });
});

browserTest("a file that is no picture is refused in words", async () => {
  await visit({}, async ({ page }) => {
    const files = page.locator("input[type=file]");
    const buffer = Buffer.from("no picture");
    await files.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer });
    await page.getByText("“notes.txt” is neither a picture nor a video").waitFor();
    await files.setInputFiles({ name: "broken.jpg", mimeType: "image/jpeg", buffer });
    await page.getByText("This browser cannot show “broken.jpg”").waitFor();
    await files.setInputFiles({ name: "broken.mp4", mimeType: "video/mp4", buffer });
    await page.getByText("This browser cannot show “broken.mp4”").waitFor();
  });
});

browserTest("a refused permission is told in words", async () => {
  await visit({ args: ["--use-fake-ui-for-media-stream=deny"] }, async ({ page }) => {
    await startCamera(page);
    await page.getByText("The camera is not allowed for this page").waitFor();
    await page.getByRole("button", { name: "Start camera" }).waitFor();
    await expectAccessible(page, "refused");
  });
});

browserTest("a missing camera is told in words", async () => {
  await visit(
    { args: ["--use-fake-device-for-media-stream=device-count=0"] },
    async ({ page }) => {
      await startCamera(page);
      await page.getByText("No camera was found").waitFor();
    },
  );
});

dogTest("the camera starts by itself when it ran at the end of the last visit", async (camera) => {
  const context = { permissions: ["camera"] };
  await visit({ camera, context }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    await page.reload();
    await waitForDog(page);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped").waitFor();
    await page.reload();
    await page.getByText("named as it happens").waitFor();
    expect(await page.locator(".source[data-shown=true]").count()).toBe(0);
  });
});

dogTest("the keyboard starts and stops the camera and opens the diagnostics", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await page.waitForFunction(() =>
      document.querySelectorAll(".controls option[value]").length > 0
    );
    await page.keyboard.press("Space");
    await waitForDog(page);
    await page.keyboard.press("d");
    await page.getByText("Server: detect").waitFor();
    await expectAccessible(page, "diagnostics");
    await page.keyboard.press("Escape");
    await page.getByText("Server: detect").waitFor({ state: "hidden" });
    await page.keyboard.press("Space");
    await page.getByText("Stopped").waitFor();
    expect(await page.locator(".overlay li").count()).toBe(0);
  });
});

dogTest("boxes, and what is not sure enough, can be hidden", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    await page.getByLabel("Minimum confidence").fill("0.95");
    await page.locator(".overlay li").first().waitFor({ state: "detached" });
    await page.getByLabel("Minimum confidence").fill("0.25");
    await waitForDog(page);
    await page.getByRole("switch", { name: "Boxes" }).click();
    await page.locator(".overlay li").first().waitFor({ state: "detached" });
  });
});

dogTest("a lost connection is told in words, and comes back with the server", async (camera) => {
  const first = await startServer();
  const { port } = new URL(first.url);
  await visit({ camera, url: first.url }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    await first[Symbol.asyncDispose]();
    await page.locator(".banner").waitFor();
    await page.locator(`.pill[data-tone="lost"]`).waitFor();
    await page.locator(`.overlay[data-stale="true"]`).waitFor();
    await expectAccessible(page, "lost");
    await using _second = await startServer({ PORT: port });
    await page.locator(".banner").waitFor({ state: "detached" });
    await page.locator(`.overlay[data-stale="false"]`).waitFor();
  });
});

dogTest("Reconnect begins a new session where the page does not by itself", async (camera) => {
  await using limited = await startServer({ STREAM_MAX_SESSION_S: "2" });
  await visit({ camera, url: limited.url }, async ({ page }) => {
    await startCamera(page);
    await page.getByText("The server ended the session").waitFor();
    await page.getByRole("button", { name: "Reconnect" }).click();
    await page.locator(".banner").waitFor({ state: "detached" });
    await page.locator(`.overlay[data-stale="false"]`).waitFor();
  });
});

dogTest("a camera that is unplugged is told in words", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    // A fake camera cannot be unplugged, so its track is made to say so.
    await page.locator("video").evaluate((video) => {
      const stream = (video as HTMLVideoElement).srcObject as MediaStream;
      stream.getVideoTracks()[0]?.dispatchEvent(new Event("ended"));
    });
    await page.getByText("The camera has gone").waitFor();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  dogTest(`the page is accessible in ${colorScheme}`, async (camera) => {
    await visit({ camera, context: { colorScheme } }, async ({ page }) => {
      await expectAccessible(page, "welcome");
      await startCamera(page);
      await waitForDog(page);
      await page.locator(".objects li", { hasText: "dog" }).waitFor();
      await expectAccessible(page, "live");
      await page.setViewportSize({ width: 390, height: 844 });
      await expectAccessible(page, "live on a phone");
    });
  });
}

browserTest("nothing on a phone is wider than its screen", async () => {
  const context = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  await visit({ context }, async ({ page }) => {
    await page.locator("input[type=file]").setInputFiles(DOG_PICTURE);
    await waitForDog(page);
    const stop = await page.getByRole("button", { name: "Stop" }).boundingBox();
    expect((stop?.x ?? NaN) + (stop?.width ?? NaN)).toBeLessThanOrEqual(360);
    expect(stop?.height).toBeGreaterThanOrEqual(44);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
  });
});

browserTest("the page's scripts stay within 60 KB, compressed", async () => {
  await visit({}, async ({ page, requests }) => {
    await page.waitForFunction(() =>
      document.querySelectorAll(".controls option[value]").length > 0
    );
    const scripts = [...new Set(requests.filter((url) => new URL(url).pathname.endsWith(".js")))];
    expect(scripts.length).toBeGreaterThan(0);
    const sizes = await Promise.all(scripts.map(async (url) => {
      const { body } = await fetch(url);
      const compressed = body?.pipeThrough(new CompressionStream("gzip"));
      return (await new Response(compressed).arrayBuffer()).byteLength;
    }));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAXIMUM_SCRIPT_BYTES);
  });
});

browserTest("without JavaScript the page says what it needs", async () => {
  await visit({ context: { javaScriptEnabled: false } }, async ({ page }) => {
    const notice = page.locator(".no-script");
    await notice.waitFor({ state: "visible" });
    expect(await notice.textContent()).toContain("This page needs JavaScript");
    expect(await page.getByRole("button", { name: "Start camera" }).isVisible()).toBe(false);
  });
});

browserTest("an address that leads nowhere says so and leads back", async () => {
  await visit({}, async ({ page, url }) => {
    const response = await page.goto(new URL("/nowhere", url).href);
    expect(response?.status()).toBe(404);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await expectAccessible(page, "not found");
    await page.getByRole("link", { name: "Go to the live page" }).click();
    await page.getByRole("button", { name: "Start camera" }).waitFor();
  });
});
