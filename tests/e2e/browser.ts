/** Starts the browser that end-to-end tests drive. @module */

import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, isMissing, type NeedName } from "../needs.ts";

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
  /** A Motion JPEG file with 4:2:0 colours that plays as the camera; without it the camera shows a test image. */
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

/** Registers a test that needs Chromium, and is skipped where that, or something else it needs, is missing. */
export function browserTest(
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
  ...needs: NeedName[]
): void {
  Deno.test({ name, ignore: isMissing("chromium", ...needs), fn });
}
