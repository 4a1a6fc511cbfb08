/** Opens cameras, and says in plain words why one cannot be opened. */

import type { Explanation } from "../explanation.ts";

/** Why there is no image from a camera. */
export type CameraFailure =
  | "no_device"
  | "permission_refused"
  | "in_use"
  | "insecure_context"
  | "unplugged"
  | "unknown";

/** A camera that can be chosen. */
export interface CameraDevice {
  /** The `deviceId` that the browser gave it; never empty. */
  id: string;
  /** Name of the device; browsers tell it only once a camera was permitted. */
  name: string;
}

/** Which camera to open: this device, this one if it is there, or a side of a phone. */
export type CameraChoice = { id: string } | { preferred: string } | {
  facing: "user" | "environment";
};

/** Thrown by {@linkcode openCamera}; its `failure` says what happened. */
export class CameraError extends Error {
  /** `CameraError`, where it would be `Error` otherwise. */
  override readonly name = "CameraError";
  /** Why there is no image; {@linkcode explainCameraFailure} has the words for it. */
  readonly failure: CameraFailure;

  /**
   * Makes an error of a failure.
   *
   * @param failure Why there is no image; the message repeats it.
   * @param options Its `cause` is what the browser has thrown.
   */
  constructor(failure: CameraFailure, options?: ErrorOptions) {
    super(`Cannot open the camera: ${failure}`, options);
    this.failure = failure;
  }
}

/**
 * Opens a camera, at some 1280×720 and in its own shape: what is sent is scaled down from that.
 *
 * @param devices `navigator.mediaDevices`, which browsers leave out of pages that are not secure.
 * @throws {CameraError} If there is no image to be had.
 */
export async function openCamera(
  choice: CameraChoice | null,
  devices: MediaDevices | undefined = navigator.mediaDevices,
): Promise<MediaStream> {
  if (devices === undefined) throw new CameraError("insecure_context");
  try {
    return await devices.getUserMedia({ audio: false, video: cameraConstraints(choice) });
  } catch (cause) {
    throw new CameraError(cameraFailure(cause), { cause });
  }
}

/** What is asked of `getUserMedia` for a choice; ideals, so that any camera will do. */
export function cameraConstraints(choice: CameraChoice | null): MediaTrackConstraints {
  const size = {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    // Otherwise browsers may cut and scale what the camera gives; those that do not know this word do neither.
    resizeMode: { ideal: "none" },
  };
  if (choice === null) return size;
  if ("facing" in choice) return { ...size, facingMode: { ideal: choice.facing } };
  if ("preferred" in choice) return { ...size, deviceId: { ideal: choice.preferred } };
  return { ...size, deviceId: { exact: choice.id } };
}

/** The reason behind an exception of `getUserMedia` (Media Capture and Streams, section 10.2.1). */
function cameraFailure(cause: unknown): CameraFailure {
  switch (cause instanceof Error ? cause.name : "") {
    case "NotFoundError":
    case "OverconstrainedError":
      return "no_device";
    case "NotAllowedError":
      return "permission_refused";
    case "SecurityError":
    case "TypeError":
      return "insecure_context";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    default:
      return "unknown";
  }
}

/** What laptops and phones call a camera that looks at the person. */
const FRONT_CAMERA = /\b(front|face ?time|user|integrated|built-?in|internal)\b/i;

/**
 * Whether a camera looks at the person, who then expects to see a mirror. Phones say so; of computers only the name of the camera
 * tells.
 */
export function isFrontCamera(
  { facingMode }: Pick<MediaTrackSettings, "facingMode">,
  name: string,
): boolean {
  return facingMode === undefined ? FRONT_CAMERA.test(name) : facingMode === "user";
}

/** The cameras of this device, in the browser's order; empty where none can be listed. */
export async function listCameras(
  devices: MediaDevices | undefined = navigator.mediaDevices,
): Promise<CameraDevice[]> {
  const all = await devices?.enumerateDevices().catch(() => []) ?? [];
  return all
    // Before the first permission, browsers list one nameless camera without an id.
    .filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "")
    .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Camera ${index + 1}` }));
}

const EXPLANATIONS: Readonly<Record<CameraFailure, Explanation>> = {
  no_device: {
    title: "No camera was found",
    remedy: "Connect one, or open an image or a video file instead.",
    needsFile: true,
  },
  permission_refused: {
    title: "The camera is not allowed for this page",
    remedy: "Open an image or a video instead, or allow the camera in the browser’s address bar.",
    needsFile: true,
  },
  in_use: {
    title: "The camera is busy",
    remedy: "Close the other program or tab that uses it, then start again.",
  },
  insecure_context: {
    title: "Browsers share a camera only with secure pages",
    remedy:
      "Whoever runs the server can start it with --lan, which prints a secure address for this " +
      "device. Files work here all the same.",
    needsFile: true,
  },
  unplugged: {
    title: "The camera has gone",
    remedy: "The stream resumes when it is back, or choose another one.",
  },
  unknown: {
    title: "The camera did not start",
    remedy: "Start it again, or choose another camera.",
  },
};

/** What to tell the person about a camera failure. */
export function explainCameraFailure(failure: CameraFailure): Explanation {
  return EXPLANATIONS[failure];
}
