/**
 * The qualities in which the video of a live source can be played.
 *
 * @module
 */

import type { CameraQuality } from "../../protocol/camera.ts";
import type { Size } from "../../image/size.ts";
import { fitWithin } from "./display_geometry.ts";

/** One of the qualities. */
export interface HlsVariant extends Pick<CameraQuality, "level" | "bitrate">, Size {}

const LEVELS: HlsVariant[] = [
  { level: "720p", bitrate: 2500, width: 1280, height: 720 },
  { level: "480p", bitrate: 1200, width: 854, height: 480 },
  { level: "360p", bitrate: 600, width: 640, height: 360 },
];

/**
 * The qualities for images of a size, the best first: none larger than they are, both sides even. Upright images lie upright within
 * the same limits.
 */
export function hlsVariants(source: Size): HlsVariant[] {
  const isUpright = source.height > source.width;
  const variants = LEVELS.map((variant) => {
    const { width, height } = variant;
    return isUpright ? { ...variant, width: height, height: width } : variant;
  });
  const [smallest] = variants.slice(-1);
  const fitting = variants.filter(({ width, height }) =>
    source.width >= width || source.height >= height
  );
  const chosen = fitting.length > 0 || smallest === undefined ? fitting : [smallest];
  return chosen.map((variant) => ({ ...variant, ...even(fitWithin(source, variant)) }));
}

/** Colour is stored for two by two pixels. */
function even({ width, height }: Size): Size {
  return { width: Math.max(2, width - width % 2), height: Math.max(2, height - height % 2) };
}
