import { type Letterbox, toImagePoint } from "../image/letterbox.ts";
import type { BoxExtras, DetectorLayout } from "../onnx/detector_layout.ts";
import type { Detection } from "../protocol/detection.ts";
import type { Keypoint } from "../protocol/geometry.ts";
import { decodeMask } from "./decode_mask.ts";
import type { OutputTensor } from "./heads/head.ts";
import type { Candidate } from "./non_maximum_suppression.ts";
import { roundShare } from "../image/round_share.ts";
import { polygonOf } from "./turned_box.ts";

/** What is needed beside a candidate to tell its shape. */
export interface ShapeContext {
  /** Of the detector. */
  layout: Pick<DetectorLayout, "input" | "extras">;
  /** Where the image lies within the input. */
  letterbox: Letterbox;
  /** The prototypes of masks, where the detector has some. */
  prototypes: OutputTensor | undefined;
}

/**
 * Tells the shape of an object, in pixels of the image: its mask, its keypoints or its turned box, or nothing.
 *
 * @returns `undefined` where its mask is empty; an empty one where nothing of the mask is in the image
 */
export function decodeShape(
  candidate: Candidate,
  { layout: { input, extras: meaning }, letterbox, prototypes }: ShapeContext,
): Pick<Detection, "mask" | "keypoints" | "polygon"> | undefined {
  const { turned, extras = new Float32Array() } = candidate;
  if (turned !== undefined) {
    const [a, b, c, d] = polygonOf(turned);
    const place = (corner: typeof a) => toImagePoint(corner, letterbox, "kept");
    return { polygon: [place(a), place(b), place(c), place(d)] };
  }
  if (meaning?.kind === "keypoints") {
    return { keypoints: decodeKeypoints(extras, meaning, letterbox) };
  }
  if (meaning?.kind !== "masks" || prototypes === undefined) return {};
  const mask = decodeMask({ box: candidate, coefficients: extras, prototypes, input, letterbox });
  if (mask === undefined) return undefined;
  return mask.length === 0 ? {} : { mask };
}

function decodeKeypoints(
  values: Float32Array,
  { names }: BoxExtras & { kind: "keypoints" },
  letterbox: Letterbox,
): Keypoint[] {
  const numbers = values.length / names.length;
  return names.map((_, index) => {
    // Where there is no confidence, each point counts as certain.
    const [x = 0, y = 0, confidence = 1] = values.subarray(index * numbers, (index + 1) * numbers);
    return [...toImagePoint([x, y], letterbox, "clipped"), roundShare(confidence)];
  });
}
