/** Opens what the frames come from: a camera, a video file or a still picture. */

import { type CameraChoice, explainCameraFailure, openCamera } from "./camera.ts";
import type { Explanation } from "./errors.ts";
import { type CaptureElement, type Size, sourceSize } from "./frame_capture.ts";
import type { SourceKind } from "./live_signals.ts";

/** An open source of frames. */
export interface LiveSource {
  kind: SourceKind;
  /** Name of the camera or the file. */
  name: string;
  /** Shows the source, and is captured. */
  element: CaptureElement;
  /** Size of its picture, in pixels. */
  size: Size;
  /** Identifier of the camera; `null` for a file. */
  cameraId: string | null;
  /** Set this to hear that the source ended by itself. */
  onended: ((why: Explanation) => void) | null;
  /** Lets go of the camera or the file. */
  close(): void;
}

/** Thrown by {@linkcode openFile} when the browser cannot show the file. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** What to tell the person. */
  readonly explanation: Explanation;

  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(explanation.title, options);
    this.explanation = explanation;
  }
}

/**
 * Opens a camera and shows it in `video`.
 *
 * @throws {CameraError} If there is no picture to be had.
 */
export async function openCameraSource(
  video: HTMLVideoElement,
  choice: CameraChoice | null,
): Promise<LiveSource> {
  const stream = await openCamera(choice);
  const track = stream.getVideoTracks()[0];
  video.srcObject = stream;
  await video.play();
  const source: LiveSource = {
    kind: "camera",
    name: track?.label || "Camera",
    element: video,
    size: sourceSize(video),
    cameraId: track?.getSettings().deviceId ?? null,
    onended: null,
    close() {
      for (const each of stream.getTracks()) each.stop();
      video.srcObject = null;
    },
  };
  // Fires only when the device goes away or its permission is withdrawn, not when we stop the track.
  track?.addEventListener("ended", () => source.onended?.(explainCameraFailure("unplugged")));
  return source;
}

/**
 * Opens a picture or a video file; a video plays over and over.
 *
 * @throws {FileError} If the browser cannot show it.
 */
export async function openFile(
  file: File,
  { video, picture }: { video: HTMLVideoElement; picture: HTMLImageElement },
): Promise<LiveSource> {
  const kind = fileKind(file);
  const url = URL.createObjectURL(file);
  const element = kind === "video" ? video : picture;
  try {
    if (kind === "video") await playFile(video, url);
    else await showPicture(picture, url);
  } catch (cause) {
    URL.revokeObjectURL(url);
    element.removeAttribute("src");
    throw new FileError(explainUnreadable(file.name), { cause });
  }
  const source: LiveSource = {
    kind,
    name: file.name,
    element,
    size: sourceSize(element),
    cameraId: null,
    onended: null,
    close() {
      element.onerror = null;
      element.removeAttribute("src");
      if (kind === "video") video.load();
      URL.revokeObjectURL(url);
    },
  };
  element.onerror = () => source.onended?.(explainUnreadable(file.name));
  return source;
}

/**
 * Whether a file is played as a video or shown as a picture.
 *
 * @throws {FileError} If it is neither.
 */
export function fileKind({ name, type }: Pick<File, "name" | "type">): "video" | "picture" {
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("image/")) return "picture";
  throw new FileError({
    title: `“${name}” is neither a picture nor a video`,
    remedy: "Open a JPEG, PNG, WebP, MP4 or WebM file.",
  });
}

function explainUnreadable(name: string): Explanation {
  return {
    title: `This browser cannot show “${name}”`,
    remedy: "The file may be damaged. JPEG, PNG, WebP, MP4 and WebM files work everywhere.",
  };
}

async function playFile(video: HTMLVideoElement, url: string): Promise<void> {
  video.loop = true;
  video.src = url;
  await video.play();
  if (video.videoWidth === 0) throw new Error("Cannot play a file without a picture");
}

async function showPicture(picture: HTMLImageElement, url: string): Promise<void> {
  picture.src = url;
  await picture.decode();
}
