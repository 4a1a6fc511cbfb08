/**
 * What a camera needs of the server that runs it, where that is another.
 *
 * @module
 */

import type { CameraView } from "../protocol/camera.ts";
import type { RuleCounts } from "../protocol/rule.ts";
import type { CameraStateMessage } from "../protocol/viewer.ts";

/** A camera as a server knows it that does not run it. */
export interface CameraElsewhere {
  /** What the server that runs it told last; `undefined` while none runs it. */
  readonly view: CameraView | undefined;
  /** Where it stands, as its viewers are told. */
  readonly stateMessage: CameraStateMessage;
  /** Whether it gives frames once somebody looks at it. */
  readonly mayGiveFrames: boolean;
  /** Takes how many look at it here; what they see is passed to {@linkcode Camera.relay}. */
  clientsChanged(count: number): void;
  /**
   * Has it kept on or off; `undefined` for neither.
   *
   * @throws {CameraUnavailableError} If no server runs it
   */
  force(state: "on" | "off" | undefined): Promise<CameraView>;
  /** What its rules have counted. @throws {CameraUnavailableError} If no server runs it */
  counts(): Promise<RuleCounts[]>;
  /**
   * Fetches a file of its video.
   *
   * @param name One that `isHlsName` knows
   * @returns `undefined` if it is not there, for a playlist after waiting for it
   */
  file(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}
