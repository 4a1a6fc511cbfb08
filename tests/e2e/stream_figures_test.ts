import { expect } from "expect";
import type { Page } from "playwright-core";
import { TestClient } from "../routes/test_server.ts";
import { waitFor } from "../video/wait_for.ts";
import { browserTest } from "./browser.ts";
import { DOG_IMAGE, openFile, visit, waitForDog } from "./live_page.ts";
import { startServer } from "./server.ts";

/** One thread, floats and the largest step of the detector's input: easily brought to its limits. */
const SLOW = {
  PIPELINE_WORKERS: "1",
  PIPELINE_THREADS: "1",
  PIPELINE_INPUT_SIZE: "640x480",
  YOLO_PRECISION: "fp32",
};
/** The load of so many streams leaves the page less than 5 frames a second. */
const LOAD_STREAMS = 6;
/** What takes long takes longer on a busy machine. */
const PATIENCE = { timeout: 90_000 };

browserTest(
  "an overloaded server slows the page down, until the load is gone",
  async () => {
    await using server = await startServer(SLOW);
    await visit({ url: server.url }, async ({ page, requests }) => {
      const countScripts = () => requests.filter((url) => url.includes(".js")).length;
      await openFile(page, DOG_IMAGE);
      await waitForDog(page);
      const before = countScripts();
      await page.keyboard.press("d");
      await page.locator(".plot canvas").waitFor();
      // The chart comes only when it is wanted.
      expect(countScripts()).toBeGreaterThan(before);
      await waitForFigure(page, "Captured", (fps) => fps >= 5);

      const load = await startLoad(server.url);
      await page.locator(`.pill[data-tone="degraded"]`).waitFor(PATIENCE);
      // On the server's word, or because answers are late: either way fewer frames are captured.
      await waitForFigure(page, "Captured", (fps) => fps < 5);
      await load[Symbol.asyncDispose]();
      await waitForFigure(page, "Captured", (fps) => fps >= 7);
      await page.locator(`.pill[data-tone="live"]`).waitFor(PATIENCE);
    });
  },
);

browserTest("the diagnostics count what the server's metrics count", async () => {
  await using server = await startServer(SLOW);
  await visit({ url: server.url }, async ({ page }) => {
    await openFile(page, DOG_IMAGE);
    await waitForDog(page);
    await page.keyboard.press("d");
    await waitForFigure(page, "Frames answered", (value) => value >= 30);
    await stopCapturing(page);
    await page.waitForFunction(() => {
      const figure = (name: string) => {
        const terms = [...document.querySelectorAll("dt")];
        const text = terms.find(({ textContent }) => textContent === name)?.nextElementSibling;
        return parseFloat(text?.textContent ?? "");
      };
      return figure("Frames sent") === figure("Frames answered") + figure("Frames dropped");
    });
    // What is shown may be of a moment before the last frame was sent.
    await waitFor(async () => {
      const processed = (await readMetrics(server.url))["stream_frames_processed_total"];
      return Number((await figures(page))["Frames answered"]) === processed;
    });
    const { "Frames answered": answered, "Frames dropped": dropped = "", Device: device } =
      await figures(page);
    const health = await (await fetch(new URL("/health", server.url))).json();
    expect(device).toBe(health.device.name);
    expect(await page.locator(".device-note").textContent())
      .toBe(`${health.device.description}.`);
    const metrics = await readMetrics(server.url);
    expect(Number(answered)).toBe(metrics["stream_frames_processed_total"]);
    expect(parseInt(dropped)).toBe(metrics["stream_frames_dropped_total"]);
    const received = metrics["stream_frames_received_total"] ?? NaN;
    const dropRate = (metrics["stream_frames_dropped_total"] ?? NaN) / received;
    expect(/\((.+) %\)/.exec(dropped)?.[1]).toBe((100 * dropRate).toFixed(1));
  });
});

/** The rows of the diagnostics by their names. */
async function figures(page: Page): Promise<Record<string, string>> {
  const rows = await page.locator(".figures-list > div").evaluateAll((rows) =>
    rows.map((row) => [...row.children].map(({ textContent }) => textContent ?? ""))
  );
  return Object.fromEntries(rows);
}

async function waitForFigure(
  page: Page,
  name: string,
  isEnough: (value: number) => boolean,
): Promise<void> {
  const deadline = Date.now() + PATIENCE.timeout;
  for (;;) {
    const value = (await figures(page))[name];
    if (isEnough(parseFloat(value ?? ""))) return;
    if (Date.now() > deadline) throw new Error(`${name} stays at ${value}`);
    await page.waitForTimeout(100);
  }
}

/** Streams as fast as the server answers, until it is disposed of. */
async function startLoad(url: string): Promise<AsyncDisposable> {
  const address = `${url.replace("http", "ws")}ws/video/stream?pipeline_id=yolo_only`;
  const frame = await Deno.readFile(DOG_IMAGE);
  const clients = Array.from({ length: LOAD_STREAMS }, () => new TestClient(address));
  let isRunning = true;
  const streams = clients.map(async (client) => {
    await client.opened;
    for (let sent = 1; isRunning; sent++) {
      client.send(frame);
      await client.received(sent);
    }
    await client.close();
  });
  return {
    async [Symbol.asyncDispose]() {
      isRunning = false;
      await Promise.all(streams);
    },
  };
}

/** Has the page send no more frames, its connection left as it is. */
async function stopCapturing(page: Page): Promise<void> {
  await page.evaluate(() => {
    OffscreenCanvas.prototype.convertToBlob = () => new Promise(() => {});
  });
}

/** The metrics without labels, by their names. */
async function readMetrics(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(new URL("/metrics", url))).text();
  const lines = [...text.matchAll(/^([a-z_]+) ([\d.]+)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
}
