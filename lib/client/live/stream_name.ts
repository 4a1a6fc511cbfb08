/** What the stream of this page is called. */

import { recall, remember } from "../remember.ts";
import type { LiveSignals, StageState } from "./live_signals.ts";

/** Characters that the person may give; the server takes twice as many. */
export const LONGEST_NAME = 40;

/** Control characters, breaks of lines, and characters that turn the direction of text: the server refuses them. */
// deno-lint-ignore no-control-regex
const REFUSED = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** What is looked at of a browser. */
type Device = Pick<Navigator, "userAgent" | "maxTouchPoints">;

/** What kind of device this is: enough to tell streams apart, and nothing that tells whose it is. */
export function deviceName({ userAgent, maxTouchPoints }: Device): string {
  if (/iPhone|iPod|Android.*Mobile|Mobile.*Firefox/.test(userAgent)) return "Phone";
  // Tablets of Apple say that they are computers, which have no screens to touch.
  const isAppleTablet = /Macintosh/.test(userAgent) && maxTouchPoints > 1;
  return isAppleTablet || /iPad|Android|Tablet/.test(userAgent) ? "Tablet" : "Computer";
}

/** A text as a name: one line, without spaces around it, and no longer than {@linkcode LONGEST_NAME}. May be empty. */
export function tidyName(text: string): string {
  const line = text.replace(REFUSED, " ").replace(/\s+/g, " ").trim();
  return Array.from(line).slice(0, LONGEST_NAME).join("").trim();
}

/** What a stream is called without the person's word: a file by its name, a camera by its device and never by its own name. */
export function defaultName(stage: StageState, device: Device = navigator): string {
  const file = stage.phase === "running" && stage.kind !== "camera" ? tidyName(stage.name) : "";
  return file === "" ? deviceName(device) : file;
}

/** What the stream of a page is called now. */
export function currentName({ streamName, stage }: LiveSignals): string {
  return streamName.peek() || defaultName(stage.peek());
}

/** Calls the stream as the person did on an earlier visit. */
export function recallName({ streamName }: LiveSignals): void {
  streamName.value = recall("livesyte.name") ?? "";
}

/** Calls the stream as the person says, on later visits too; an empty name forgets what was said before. */
export function rememberName({ streamName }: LiveSignals, name: string): void {
  streamName.value = tidyName(name);
  remember("livesyte.name", streamName.value || null);
}
