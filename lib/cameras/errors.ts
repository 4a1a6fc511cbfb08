/**
 * What can go wrong with the cameras of a server.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

/** Thrown for a definition that cannot be used; the message names the field, the value and what is allowed. */
export class CameraDefinitionError extends NamedError {
  /** What is wrong, without the field. */
  readonly problem: string;
  /** Where; `undefined` for the definition as a whole. */
  readonly field: string | undefined;

  /** Begins the message with the field. */
  constructor(problem: string, field?: string) {
    super(`Cannot use ${field ?? "the camera"}: ${problem}`);
    this.problem = problem;
    this.field = field;
  }
}

/** Thrown where there is no camera of an id. */
export class CameraNotFoundError extends NamedError {}

/** Thrown where a camera is to be added under an id that is taken. */
export class CameraExistsError extends NamedError {}

/** Thrown where a camera of `CAMERAS_FILE` is to be changed over HTTP. */
export class CameraReadOnlyError extends NamedError {}

/** Thrown where there is no room for one more: a camera, or a trial of an address. */
export class CameraLimitError extends NamedError {}

/** Thrown where the cameras in the data directory cannot be read or written. */
export class CameraStoreError extends NamedError {}

/** Thrown where no server of a cluster runs a camera now. */
export class CameraUnavailableError extends NamedError {}
