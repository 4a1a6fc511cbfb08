/**
 * What cameras need where several servers share them.
 *
 * It is declared here and implemented elsewhere, so that cameras know of no network.
 *
 * @module
 */

import type { CameraView } from "../protocol/camera.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import type { CameraStateMessage } from "../protocol/viewer.ts";
import type { Camera } from "./camera.ts";

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
   * Has it kept on or off.
   *
   * @throws {CameraUnavailableError} If no server runs it
   */
  force(state: "on" | "off"): Promise<CameraView>;
  /**
   * Fetches a file of its video.
   *
   * @param name One that `isHlsName` knows
   * @returns `undefined` if it is not there, for a playlist after waiting for it
   */
  file(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** The cameras of several servers: what they are, and which server runs each. */
export interface SharedCameras {
  /**
   * Tells all servers of a new camera.
   *
   * @throws {CameraExistsError} If there is one of its id
   * @throws {CameraStoreError} If it cannot be kept
   */
  add(definition: CameraDefinition): Promise<void>;
  /**
   * Tells all servers how a camera has changed.
   *
   * @throws {CameraStoreError} If that cannot be kept, or another server has changed it meanwhile
   */
  change(definition: CameraDefinition): Promise<void>;
  /** Tells all servers that a camera is gone. @throws {CameraStoreError} If that cannot be kept */
  remove(id: string): Promise<void>;
  /** How a camera of this server is reached while another runs it, which is so at first. */
  connect(camera: Camera): CameraElsewhere;
  /** Notes that a camera has ended here, so that another server may run it. */
  release(camera: Camera): Promise<void>;
}
