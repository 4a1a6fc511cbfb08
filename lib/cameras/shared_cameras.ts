/**
 * What cameras need where several servers share them.
 *
 * It is declared here and implemented elsewhere, so that cameras know of no network.
 *
 * @module
 */

import type { CameraDefinition } from "../protocol/camera_definition.ts";
import type { Camera } from "./camera.ts";
import type { CameraElsewhere } from "./camera_elsewhere.ts";

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
