import { Buffer } from "node:buffer";
import { expect } from "expect";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";
import {
  colorsAcrossLeftEdge,
  DOG_COLOR,
  DOG_IMAGE,
  dogTest,
  drawnDog,
  expectAccessible,
  expectedDog,
  intersectionOverUnion,
  onStage,
  openFile,
  startCamera,
  visit,
  waitForDog,
} from "./live_page.ts";
import { waitFor } from "../video/wait_for.ts";
import { startServer } from "./server.ts";

const MAXIMUM_SCRIPTS = 10;
const MAXIMUM_SCRIPT_BYTES = 45_000;
const TEXT_IMAGE = new URL("../fixtures/text.jpg", import.meta.url).pathname;
/** dog.jpg, stored turned, with the EXIF orientation 6. */
const SIDEWAYS_IMAGE = new URL("../fixtures/pictures/exif6.jpg", import.meta.url).pathname;
/** Where `text.jpg` says "Hello World 2026", and the size of that image. */
const HELLO = { box: [45, 68, 352, 34], width: 640, height: 480 } as const;

dogTest("a dog before the camera gets a box that lies on the dog", async (camera) => {
  await visit({ camera }, async ({ page, requests }) => {
    await startCamera(page);
    await waitForDog(page);
    const drawn = await drawnDog(page);
    expect(intersectionOverUnion(drawn, await expectedDog(page))).toBeGreaterThanOrEqual(0.7);
    const colors = await colorsAcrossLeftEdge(page, drawn);
    expect(colors).toContainEqual([...DOG_COLOR, 255]);

    await page.locator(".objects li", { hasText: "dog" }).waitFor();
    await page.locator(`.pill[data-tone="live"], .pill[data-tone="degraded"]`).waitFor();
    await page.locator(".figures", { hasText: /^\d+ FPS · \d+ ms$/ }).waitFor();
    expect(requests.some((request) => request.startsWith("ws:"))).toBe(true);
  });
});

dogTest("the box stays on the dog when the window changes, at any pixel ratio", async (camera) => {
  const context = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true };
  // The test itself reads pixels back, again and again.
  await visit({ camera, context, tolerate: /willReadFrequently/ }, async ({ page }) => {
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

browserTest("an image file is looked at without a camera", async () => {
  await visit({}, async ({ page }) => {
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
    const drawn = await drawnDog(page);
    expect(intersectionOverUnion(drawn, await expectedDog(page))).toBeGreaterThanOrEqual(0.7);
    const frame = page.locator(".overlay ul");
    const before = Number(await frame.getAttribute("data-frame-index"));
    await page.waitForFunction((index) => {
      const list = document.querySelector<HTMLElement>(".overlay ul");
      return Number(list?.dataset.frameIndex) > index + 3;
    }, before);
  });
});

browserTest(
  "an image that a phone took sideways is shown upright, and its boxes fit",
  async () => {
    await visit({}, async ({ page }) => {
      await openFile(page, SIDEWAYS_IMAGE);
      await waitForDog(page);
      const shown = await page.getByRole("img", { name: "The image" }).evaluate((element) => {
        const { width, height } = element as HTMLCanvasElement;
        return { width, height };
      });
      expect(shown).toEqual({ width: 768, height: 576 });
      const drawn = await drawnDog(page);
      expect(intersectionOverUnion(drawn, await expectedDog(page))).toBeGreaterThanOrEqual(0.7);
    });
  },
);

browserTest("text is drawn where it is, and listed", async () => {
  await visit({}, async ({ page }) => {
    await page.getByLabel("Pipeline").selectOption({ value: "yolo_ocr" });
    await openFile(page, TEXT_IMAGE);
    const line = page.locator(".overlay li", { hasText: "Hello World 2026" });
    await line.waitFor({ state: "attached" });
    const [left = NaN, top = NaN, , , right = NaN, bottom = NaN] =
      (await line.getAttribute("data-polygon") ?? "").split(" ").map(Number);
    const drawn = { x: left, y: top, width: right - left, height: bottom - top };
    const expected = await onStage(page, HELLO.box, HELLO);
    expect(intersectionOverUnion(drawn, expected)).toBeGreaterThanOrEqual(0.7);
    await page.locator(".texts li", { hasText: "Gate 12" }).waitFor();
    await expectAccessible(page, "text");
    await page.getByRole("switch", { name: "Text" }).click();
    await line.waitFor({ state: "detached" });
  });
});

/** Which pipeline a request asks for, if any. */
function pipelineOf(url: string): string | null {
  return new URL(url).searchParams.get("pipeline_id");
}

dogTest("another pipeline takes over at once", async (camera) => {
  await visit({ camera }, async ({ page, requests }) => {
    await startCamera(page);
    await waitForDog(page);
    const choose = async (id: string) => {
      const opened = page.waitForEvent("websocket", (socket) => pipelineOf(socket.url()) === id);
      await page.getByLabel("Pipeline").selectOption({ value: id });
      // Browsers complain of a socket that is closed before it is open.
      await (await opened).waitForEvent("framereceived");
    };
    await choose("ocr_only");
    await page.getByText("No text is read in this image").waitFor();
    await page.locator(".objects").waitFor({ state: "hidden" });
    await choose("yolo_only");
    await waitForDog(page);
    const asked = requests.flatMap((url) => pipelineOf(url) ?? []);
    expect(asked.slice(-2)).toEqual(["ocr_only", "yolo_only"]);
    await page.reload();
    await page.waitForFunction(() =>
      [...document.querySelectorAll("select")].some(({ value }) => value === "yolo_only")
    );
  });
});

browserTest("an image can be dropped anywhere on the page", async () => {
  await visit({}, async ({ page }) => {
    const bytes = (await Deno.readFile(DOG_IMAGE)).toBase64();
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
  await visit({}, async ({ page }) => {
    await openFile(page, film);
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
  });
});

browserTest("a file that is no image is refused in words", async () => {
  await visit({}, async ({ page }) => {
    const files = page.locator("input[type=file]");
    const buffer = Buffer.from("no image");
    await files.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer });
    await page.getByText("“notes.txt” is neither an image nor a video").waitFor();
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
    await page.getByRole("list", { name: "Models" }).getByText(/^yolov8n: finds objects, 80/)
      .waitFor();
    await expectAccessible(page, "diagnostics");
    await page.keyboard.press("Escape");
    await page.getByText("Server: detect").waitFor({ state: "hidden" });
    await page.keyboard.press("Space");
    await page.getByText("Stopped").waitFor();
    await page.locator(".overlay li").first().waitFor({ state: "detached" });
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
    await page.getByRole("switch", { name: "Boxes", exact: true }).click();
    await page.locator(".overlay li").first().waitFor({ state: "detached" });
  });
});

dogTest("a class can be hidden and shown, and stays hidden on the next visit", async (camera) => {
  await visit({ camera, context: { permissions: ["camera"] } }, async ({ page }) => {
    await startCamera(page);
    await waitForDog(page);
    const dog = page.getByRole("checkbox", { name: "dog" });
    await dog.uncheck();
    await page.locator(`.overlay [data-label="dog"]`).waitFor({ state: "detached" });
    await page.locator(`.overlay [data-label="bicycle"]`).waitFor({ state: "attached" });
    await page.reload();
    await page.locator(`.overlay [data-label="bicycle"]`).waitFor({ state: "attached" });
    expect(await page.locator(`.overlay [data-label="dog"]`).count()).toBe(0);
    await dog.check();
    await waitForDog(page);
  });
});

dogTest("what is shown is chosen once for all visits", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await page.getByLabel("Minimum confidence").fill("0.6");
    await page.getByRole("switch", { name: "Fill the stage" }).check();
    await page.reload();
    await page.locator(`output[for="confidence"]`, { hasText: "60" }).waitFor();
    await page.getByRole("switch", { name: "Fill the stage", checked: true }).waitFor();
    await page.getByRole("switch", { name: "Boxes", exact: true, checked: true }).waitFor();
    await startCamera(page);
    await waitForDog(page);
    const drawn = await drawnDog(page);
    expect(intersectionOverUnion(drawn, await expectedDog(page, "cover"))).toBeGreaterThan(0.7);
  });
});

dogTest("screen readers are told what has come into view", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await startCamera(page);
    await page.getByRole("status").filter({ hasText: /^In view: .*dog/ }).waitFor({
      state: "attached",
    });
  });
});

dogTest("a hidden page leaves the server, and comes back", async (camera) => {
  await visit({ camera }, async ({ page, url }) => {
    await startCamera(page);
    await waitForDog(page);
    await setHidden(page, true);
    await waitForSessions(url, 0);
    await setHidden(page, false);
    await waitForSessions(url, 1);
    await page.locator(`.overlay[data-stale="false"]`).waitFor();
    await page.locator(".banner").waitFor({ state: "detached" });
  });
});

/** A browser that is driven counts all its pages as visible, so the page is told what it would see. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

async function waitForSessions(url: string, count: number): Promise<void> {
  await waitFor(async () => {
    const { sessions } = await (await fetch(new URL("/sessions", url))).json();
    return sessions.length === count;
  });
}

dogTest("a lost connection is told in words, and comes back with the server", async (camera) => {
  const first = await startServer();
  const { port } = new URL(first.url);
  // The browser itself tells of every connection that it cannot make.
  const tolerate = /WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED/;
  await visit({ camera, url: first.url, tolerate }, async ({ page }) => {
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

dogTest("the page is accessible in all its states", async (camera) => {
  await visit({ camera }, async ({ page }) => {
    await expectAccessible(page, "welcome");
    await startCamera(page);
    await waitForDog(page);
    await page.locator(".objects li", { hasText: "dog" }).waitFor();
    await expectAccessible(page, "live");
    await page.getByRole("checkbox", { name: "dog" }).uncheck();
    await page.keyboard.press("d");
    await page.getByText("Server: detect").waitFor();
    await expectAccessible(page, "diagnostics, a class hidden");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Record" }).click();
    await expectAccessible(page, "recording");
    await page.getByRole("button", { name: "Snapshot" }).click();
    await page.getByRole("button", { name: "Save JSON" }).waitFor();
    await expectAccessible(page, "snapshot");
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page, "live on a phone");
    await page.getByRole("button", { name: "Stop" }).click();
    await expectAccessible(page, "stopped on a phone");
  });
});

browserTest("nothing on a phone is wider than its screen", async () => {
  const context = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  await visit({ context }, async ({ page }) => {
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
    const stop = await page.getByRole("button", { name: "Stop" }).boundingBox();
    expect((stop?.x ?? NaN) + (stop?.width ?? NaN)).toBeLessThanOrEqual(360);
    expect(stop?.height).toBeGreaterThanOrEqual(44);
    // Within reach of the thumb that holds the phone.
    expect(stop?.y).toBeGreaterThan(740 / 2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
  });
});

/** Small phones, upright and on their side, and a window of 1280×800 at 200 %. */
const SMALL_VIEWPORTS = [
  { width: 320, height: 568 },
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 640, height: 400 },
];

browserTest("what is said in place of an image is cut on no page and no screen", async () => {
  for (const path of ["/", "/watch", "/videos"]) {
    await visit({ path }, async ({ page }) => {
      for (const viewport of SMALL_VIEWPORTS) {
        await page.setViewportSize(viewport);
        const cut = await page.locator(".notice *:not(svg *)").evaluateAll((elements) => {
          const stage = document.querySelector(".viewport")?.getBoundingClientRect();
          return elements.filter((element) => {
            const { left, right, top, bottom, width } = element.getBoundingClientRect();
            if (width === 0) return false;
            return stage === undefined || left < stage.left || right > stage.right ||
              top < stage.top || bottom > stage.bottom;
          }).map(({ textContent }) => textContent);
        });
        expect({ path, viewport, cut }).toEqual({ path, viewport, cut: [] });
      }
    });
  }
});

browserTest("nothing is wider than a small screen while a stream runs", async () => {
  await visit({}, async ({ page }) => {
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
    await page.locator(".figures").waitFor();
    for (const viewport of SMALL_VIEWPORTS) {
      await page.setViewportSize(viewport);
      const wider = await page.locator("body *").evaluateAll((elements) =>
        elements.filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
          .map(({ className }) => String(className))
      );
      expect({ viewport, wider }).toEqual({ viewport, wider: [] });
    }
  });
});

browserTest(
  "a page that reads from right to left has its labels and switches in order",
  async () => {
    await visit({ tolerate: /willReadFrequently/ }, async ({ page }) => {
      await page.evaluate(() => document.documentElement.dir = "rtl");
      await openFile(page, DOG_IMAGE);
      await waitForDog(page);
      const labelled = page.getByRole("switch", { name: "Boxes", exact: true });
      const knob = await labelled.evaluate((element) => {
        const { width, paddingLeft, paddingRight } = getComputedStyle(element);
        const before = getComputedStyle(element, "::before");
        const room = parseFloat(width) - parseFloat(paddingLeft) - parseFloat(paddingRight);
        return { room, needed: parseFloat(before.width) + parseFloat(before.marginRight) };
      });
      expect(knob.needed).toBeLessThanOrEqual(knob.room);
      // Dark letters stand on the colour of dogs; beside it there is the image, which the canvas leaves clear.
      const { x, y } = await drawnDog(page);
      const darkPixels = await page.locator(".overlay").evaluate((canvas, [x, y]) => {
        const { width: pixels, clientWidth } = canvas as HTMLCanvasElement;
        const ratio = pixels / clientWidth;
        const context = (canvas as HTMLCanvasElement).getContext("2d");
        const count = (left: number) => {
          const area = [left, y - 16, 60, 12].map((value) => Math.round(value * ratio));
          const [sx = 0, sy = 0, width = 0, height = 0] = area;
          const data = context?.getImageData(sx, sy, width, height).data ?? [];
          let dark = 0;
          for (let at = 0; at < data.length; at += 4) {
            if ((data[at] ?? 255) < 60 && (data[at + 3] ?? 0) > 200) dark += 1;
          }
          return dark;
        };
        return { inside: count(x + 4), beside: count(x - 70) };
      }, [x, y] as const);
      expect(darkPixels.inside).toBeGreaterThan(50);
      expect(darkPixels.beside).toBe(0);
    });
  },
);

browserTest("the page's scripts are at most ten, and 45 KB on the wire", async () => {
  await visit({}, async ({ page, requests }) => {
    await page.waitForFunction(() =>
      document.querySelectorAll(".controls option[value]").length > 0
    );
    const sizes = await page.evaluate(() =>
      (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
        .filter(({ name }) => new URL(name).pathname.endsWith(".js"))
        .map(({ encodedBodySize }) => encodedBodySize)
    );
    const scripts = new Set(requests.filter((url) => new URL(url).pathname.endsWith(".js")));
    expect(sizes.length).toBeGreaterThanOrEqual(scripts.size);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(scripts.size).toBeLessThanOrEqual(MAXIMUM_SCRIPTS);
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

browserTest("a browser that is too old is told so on every page", async () => {
  for (const path of ["/", "/watch", "/videos"]) {
    await visit({ path }, async ({ page }) => {
      const notice = page.getByText("This page cannot run in this browser");
      expect(await notice.isVisible()).toBe(false);
      // As in browsers before 2024.
      await page.addInitScript(() => {
        const supports = CSS.supports.bind(CSS);
        CSS.supports = (condition: string) =>
          !condition.includes("light-dark") && supports(condition);
      });
      await page.reload();
      await notice.waitFor();
    });
  }
});

browserTest("an address that leads nowhere says so and leads back", async () => {
  await visit({ tolerate: /status of 404/ }, async ({ page, url }) => {
    const response = await page.goto(new URL("/nowhere", url).href);
    expect(response?.status()).toBe(404);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await expectAccessible(page, "not found");
    await page.getByRole("link", { name: "Go to the live page" }).click();
    await page.getByRole("button", { name: "Start camera" }).waitFor();
  });
});
