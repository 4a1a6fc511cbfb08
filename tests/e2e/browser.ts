/** Starts the browser that end-to-end tests drive. @module */

import { type Browser, chromium } from "playwright-core";

const CHROMIUM = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

const ARGUMENTS = [
  "--no-sandbox",
  "--headless=new",
  "--disable-gpu",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Options for {@linkcode launchBrowser}. */
export interface LaunchOptions {
  /** A Motion JPEG file with 4:2:0 colours that plays as the camera; without it the camera shows a test picture. */
  camera?: string;
  /** Further arguments of Chromium. */
  args?: string[];
}

/** Launches a headless Chromium of its own, which the caller closes. */
export async function launchBrowser(
  { camera, args = [] }: LaunchOptions = {},
): Promise<Browser> {
  const cameraArgs = camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`];
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [...ARGUMENTS, ...cameraArgs, ...args],
  });
}

/**
 * Registers a test that needs Chromium.
 *
 * Without Chromium it is skipped and says how to get it; where `CI` is `true` it fails instead.
 */
export function browserTest(name: string, fn: (t: Deno.TestContext) => void | Promise<void>): void {
  const isMissing = !exists(CHROMIUM);
  const mustRun = Deno.env.get("CI") === "true";
  Deno.test({
    name: isMissing && !mustRun
      ? `${name} (skipped: install Chromium with "apt-get install chromium", or set CHROMIUM_PATH)`
      : name,
    ignore: isMissing && !mustRun,
    fn: (t) => {
      if (isMissing) throw new Deno.errors.NotFound(`Cannot find Chromium at ${CHROMIUM}`);
      return fn(t);
    },
  });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
