/** Keeps one frame with what was found in it. */

import { drawAnnotatedImage } from "./annotated_image.ts";
import { decodeFrame } from "../watch/decode_frame.ts";
import type { AnsweredFrame } from "../live/live_signals.ts";
import type { OverlayChoice } from "./overlay_layout.ts";

/** One frame as an image and as data. */
export interface Snapshot {
  /** Number of the frame in its session, from 1. */
  frameIndex: number;
  /** When the person took it, which is a moment after the frame was captured. */
  takenAt: Date;
  /** PNG of the frame with its overlay, of the frame's size. */
  image: Blob;
  /** The result as the server gave it, and what it belongs to, as JSON. */
  json: string;
}

/**
 * Draws the overlay on the very frame that it was found in.
 *
 * @param choice What of the result is drawn; the JSON holds all of it.
 * @throws {Error} If the browser cannot decode the frame or encode the image.
 */
export async function takeSnapshot(
  { message, jpeg }: AnsweredFrame,
  { choice, pipelineId, takenAt }: {
    choice: OverlayChoice;
    pipelineId: string | null;
    takenAt: Date;
  },
): Promise<Snapshot> {
  const frame = await decodeFrame(jpeg);
  const canvas = document.createElement("canvas");
  canvas.width = frame.width;
  canvas.height = frame.height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("Cannot take a snapshot: the browser gives no canvas");
  drawAnnotatedImage(context, canvas, { element: frame, size: frame }, message, { choice });
  frame.close();
  return {
    frameIndex: message.frame_index,
    takenAt,
    image: await encodePng(canvas),
    json: JSON.stringify(
      { taken_at: takenAt.toISOString(), pipeline_id: pipelineId, ...message },
      null,
      2,
    ),
  };
}

function encodePng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob === null ? reject(new Error("Cannot encode a snapshot as PNG")) : resolve(blob)
    );
  });
}
