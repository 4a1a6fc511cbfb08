/** Opens what the frames come from: a camera, a video file or a still image. */

import {
  type CameraChoice,
  CameraError,
  explainCameraFailure,
  isFrontCamera,
  openCamera,
} from "./camera.ts";
import type { Explanation } from "../explanation.ts";
import { type CaptureElement, sourceSize } from "./frame_capture.ts";
import type { SourceKind } from "./live_signals.ts";

/** An image is kept at no more than this: enough for any screen, and phones run out of memory beyond. */
const LONGEST_IMAGE_SIDE = 1920;

/** An open source of frames. */
export interface LiveSource {
  /** What was opened: a camera, a video or an image. */
  kind: SourceKind;
  /** Name of the camera or the file. */
  name: string;
  /** Shows the source, and is captured. */
  element: CaptureElement;
  /** Identifier of the camera; `null` for a file. */
  cameraId: string | null;
  /** Whether people expect to see it as in a mirror: a front camera. */
  isMirrored: boolean;
  /** Set this to hear that the source ended by itself. */
  onended: ((why: Explanation) => void) | null;
  /** Goes on where the browser has paused it by itself. */
  resume(): void;
  /** Lets go of the camera or the file. */
  close(): void;
}

/** Thrown by {@linkcode openFile} when the browser cannot show the file. */
export class FileError extends Error {
  /** `FileError`, where it would be `Error` otherwise. */
  override readonly name = "FileError";
  /** What to tell the person. */
  readonly explanation: Explanation;

  /**
   * Makes an error of what to tell the person.
   *
   * @param explanation Its title becomes the message.
   * @param options Its `cause` is what the browser has thrown.
   */
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(explanation.title, options);
    this.explanation = explanation;
  }
}

/**
 * Opens a camera and shows it in `video`.
 *
 * @param isWanted Asked before it is shown: the person may have chosen something else while the browser asked for
 * permission.
 * @throws {CameraError} If there is no image to be had, or it is not wanted any more.
 */
export async function openCameraSource(
  video: HTMLVideoElement,
  choice: CameraChoice | null,
  isWanted: () => boolean,
): Promise<LiveSource> {
  const stream = await openCamera(choice);
  const track = stream.getVideoTracks()[0];
  const close = () => {
    for (const each of stream.getTracks()) each.stop();
    // Another source may be shown there by now.
    if (video.srcObject === stream) video.srcObject = null;
  };
  try {
    if (!isWanted()) throw new CameraError("unknown");
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    close();
    throw error;
  }
  const settings = track?.getSettings();
  const source: LiveSource = {
    kind: "camera",
    name: track?.label || "Camera",
    element: video,
    cameraId: settings?.deviceId ?? null,
    isMirrored: isFrontCamera(settings ?? {}, track?.label ?? ""),
    onended: null,
    resume: () => resume(video),
    close,
  };
  // Phones pause the video when a call takes the camera.
  track?.addEventListener("unmute", () => source.resume());
  // Fires only when the device goes away or its permission is withdrawn, not when we stop the track.
  track?.addEventListener("ended", () => source.onended?.(explainCameraFailure("unplugged")));
  return source;
}

function resume(video: HTMLVideoElement): void {
  // Fails only where there is nothing to go on with.
  if (video.paused) video.play().catch(() => {});
}

/** Where a page shows its sources. */
export interface SourceElements {
  /** Plays cameras and video files. */
  video: HTMLVideoElement;
  /** Holds still images. A canvas, because an image would need an address that the page's policy allows. */
  image: HTMLCanvasElement;
}

/**
 * Opens an image or a video file; a video plays over and over.
 *
 * @throws {FileError} If the browser cannot show it.
 */
export async function openFile(file: File, elements: SourceElements): Promise<LiveSource> {
  try {
    return fileKind(file) === "video"
      ? await openVideo(file, elements.video)
      : await openImage(file, elements.image);
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(explainUnreadable(file.name), { cause });
  }
}

/**
 * Looks whether the browser can show a file, apart from what is shown now.
 *
 * @throws {FileError} If it cannot.
 */
export async function checkFile(file: File): Promise<void> {
  const kind = fileKind(file);
  try {
    if (kind === "image") (await createImageBitmap(file)).close();
    else (await openVideo(file, document.createElement("video"))).close();
  } catch (cause) {
    throw new FileError(explainUnreadable(file.name), { cause });
  }
}

async function openVideo(file: File, video: HTMLVideoElement): Promise<LiveSource> {
  const url = URL.createObjectURL(file);
  const source: LiveSource = {
    kind: "video",
    name: file.name,
    element: video,
    cameraId: null,
    isMirrored: false,
    onended: null,
    resume: () => resume(video),
    close() {
      video.onerror = null;
      video.removeAttribute("src");
      video.load();
      URL.revokeObjectURL(url);
    },
  };
  try {
    video.loop = true;
    // Browsers let only silent videos play by themselves.
    video.muted = true;
    video.src = url;
    await video.play();
    if (sourceSize(video).width === 0) throw new Error("Cannot play a file without an image");
  } catch (error) {
    source.close();
    throw error;
  }
  video.onerror = () => source.onended?.(explainUnreadable(file.name));
  return source;
}

async function openImage(file: File, image: HTMLCanvasElement): Promise<LiveSource> {
  // Browsers turn it upright; what is sent is taken from the canvas, so boxes fit what is shown.
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_IMAGE_SIDE / Math.max(bitmap.width, bitmap.height));
  image.width = Math.max(1, Math.round(bitmap.width * scale));
  image.height = Math.max(1, Math.round(bitmap.height * scale));
  image.getContext("2d")?.drawImage(bitmap, 0, 0, image.width, image.height);
  bitmap.close();
  return {
    kind: "image",
    name: file.name,
    element: image,
    cameraId: null,
    isMirrored: false,
    onended: null,
    resume() {},
    close() {
      image.width = image.height = 0;
    },
  };
}

/** Endings of videos that not every system knows as such. */
const VIDEO_NAME = /\.(mp4|m4v|mov|webm|mkv|avi)$/i;

/**
 * Whether a file is played as a video or shown as an image.
 *
 * @throws {FileError} If it is neither.
 */
export function fileKind({ name, type }: Pick<File, "name" | "type">): "video" | "image" {
  if (type.startsWith("video/") || (type === "" && VIDEO_NAME.test(name))) return "video";
  if (type.startsWith("image/")) return "image";
  throw new FileError({
    title: `“${name}” is neither an image nor a video`,
    remedy: "Open a JPEG, PNG, WebP, MP4 or WebM file.",
  });
}

function explainUnreadable(name: string): Explanation {
  return {
    title: `This browser cannot show “${name}”`,
    remedy: "The file may be damaged. JPEG, PNG, WebP, MP4 and WebM files work everywhere.",
  };
}

/** What to tell the person about something that was thrown here. */
export function explainOpening(error: unknown): Explanation {
  if (error instanceof FileError) return error.explanation;
  return explainCameraFailure(error instanceof CameraError ? error.failure : "unknown");
}
