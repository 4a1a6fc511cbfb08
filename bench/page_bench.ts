/**
 * Measures the live page in a browser: what it loads, what moves by itself, how soon it answers to input, and how many frames it
 * shows while much is drawn.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { runCommand } from "../commands/run_command.ts";
import { UsageError } from "../commands/usage_error.ts";
import { launchBrowser } from "../tests/e2e/browser.ts";
import { createFilms } from "../tests/e2e/camera_file.ts";
import { FixedPipeline } from "../tests/e2e/found_shapes.ts";
import { isMissing, remedyFor } from "../tests/needs.ts";
import { startTestServer } from "../tests/routes/test_server.ts";
import { crowdedResult } from "./crowded_result.ts";
import { frameGaps, readReport, scriptBytes, watchPage } from "./page_probe.ts";
import { quantile } from "./quantile.ts";
import { startServerProcess } from "./server_process.ts";

const USAGE = `Usage: deno task bench:page [options]

Opens the live page in Chromium, with a film as its camera, and measures it: first with the detector, then with 100 objects that
each have a mask and a skeleton, beside one such object. Needs Chromium and ffmpeg.

Options:
  --seconds N     Of the measurement with the detector (default: 60)
  -h, --help      Show this text
`;

/** Of each measurement of frames. */
const DRAWING_MS = 6000;
/** Rounds, of one object and of 100 in turn. */
const ROUNDS = 3;
const TIMEOUT_MS = 30_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      help: { type: "boolean", short: "h" },
    },
  });
  const seconds = Number(values.seconds);
  if (values.help || !(seconds > 0)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  for (const need of ["chromium", "ffmpeg"] as const) {
    if (isMissing(need)) throw new UsageError(`Cannot find ${need}: ${remedyFor(need)}`);
  }
  await using films = await createFilms();
  const browser = await launchBrowser({ camera: await films.make("dog.jpg", "mjpeg") });
  try {
    await measureUse(browser, seconds);
    await measureDrawing(browser);
  } finally {
    await browser.close();
  }
  return 0;
}

/** The page as people use it: a camera with a dog, and somebody who tries every control. */
async function measureUse(browser: Browser, seconds: number): Promise<void> {
  await using server = await startServerProcess({ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" });
  const page = await openLive(browser, server.url);
  print(`JavaScript on the wire: ${(await scriptBytes(page) / 1000).toFixed(1)} KB\n`);
  const end = Date.now() + seconds * 1000;
  // The first half is only looked at.
  await page.waitForTimeout(seconds * 500);
  print(`layout shift of ${seconds / 2} s, live: ${(await readReport(page)).layoutShift}\n`);
  let count = 0;
  while (Date.now() < end) count += await interact(page);
  const { layoutShift, interactions } = await readReport(page);
  print(`layout shift of ${seconds} s, the last half with input: ${layoutShift}\n`);
  const [median, most] = [quantile(interactions, 0.5), Math.max(0, ...interactions)];
  print(
    `${count} interactions; events of 16 ms and more: ${interactions.length}, ` +
      `median ${median} ms, 98th percentile ${
        quantile(interactions, 0.98)
      } ms, longest ${most} ms\n`,
  );
  await page.context().close();
}

/** Uses each control once. @returns How often it pressed something */
async function interact(page: Page): Promise<number> {
  const keys = ["d", "ArrowRight", "ArrowLeft", "d"];
  await page.locator("#confidence").focus();
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(100);
  }
  const switches = await page.locator(".display .switch").all();
  for (const each of [...switches, ...switches]) {
    await each.click();
    await page.waitForTimeout(100);
  }
  return keys.length + 2 * switches.length;
}

/** The page while much is drawn: as often as results come, and while a pointer moves over it. */
async function measureDrawing(browser: Browser): Promise<void> {
  for (const [round, count] of Array.from({ length: ROUNDS }, () => [1, 100]).flat().entries()) {
    const processor = new FixedPipeline();
    processor.found = crowdedResult(count);
    await using server = await startTestServer({ processor });
    const page = await openLive(browser, `http://${server.host}/`);
    for (const moves of [false, true]) {
      const { gaps, busyMs } = await drawFor(page, moves);
      const shown = 1000 / (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length);
      print(
        `round ${Math.floor(round / 2) + 1}, ${count} object${count === 1 ? "" : "s"}, ` +
          `pointer ${moves ? "moves" : "rests"}: ${shown.toFixed(1)} frames a second, ` +
          `95th percentile ${quantile(gaps, 0.95).toFixed(1)} ms; ` +
          `main thread ${busyMs.toFixed(1)} ms for a result\n`,
      );
    }
    await page.context().close();
  }
}

/** What is seen of a page within {@linkcode DRAWING_MS}. */
interface Drawing {
  /** Milliseconds between its frames. */
  gaps: number[];
  /** Milliseconds of its main thread on a core, for each result that came. */
  busyMs: number;
}

async function drawFor(page: Page, moves: boolean): Promise<Drawing> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busySeconds = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
  };
  const frameIndex = async () =>
    Number(await page.locator(".overlay ul").getAttribute("data-frame-index"));
  const [busyBefore, frameBefore] = [await busySeconds(), await frameIndex()];
  let isDone = false;
  const measured = frameGaps(page, DRAWING_MS).finally(() => isDone = true);
  const { x = 0, y = 0, width = 0, height = 0 } = await page.locator(".overlay").boundingBox() ??
    {};
  for (let step = 0; moves && !isDone; step++) {
    await page.mouse.move(x + (step * 7) % width, y + (step * 5) % height);
  }
  const gaps = await measured;
  const results = await frameIndex() - frameBefore;
  const busyMs = (await busySeconds() - busyBefore) * 1000 / results;
  await session.detach();
  return { gaps, busyMs };
}

/** Opens the live page and starts its camera. */
async function openLive(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ["camera"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  await watchPage(page);
  await page.goto(url);
  await page.locator(`.setup option[value]:not([value=""])`).first()
    .waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Start camera" }).click();
  await page.locator(".overlay [data-label]").first().waitFor({ state: "attached" });
  return page;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) await runCommand(main);
