/**
 * What viewers need of the streams of other machines.
 *
 * @module
 */

import type { Session } from "../protocol/session.ts";
import type { ViewerTransport } from "./audience.ts";

/**
 * The streams that are open on other machines.
 *
 * It is declared here and implemented elsewhere, so that sessions know of no network.
 */
export interface RemoteStreams {
  /** All of them, as they were a moment ago. */
  list(): readonly Session[];
  /**
   * Lets a viewer watch one.
   *
   * @param wantsFrames Whether each result is followed by its JPEG
   * @returns Lets the viewer go; `undefined` where there is no such stream
   */
  watch(
    sessionId: string,
    viewer: ViewerTransport,
    wantsFrames: boolean,
  ): (() => void) | undefined;
}
