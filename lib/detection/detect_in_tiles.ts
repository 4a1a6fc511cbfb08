import { toCorners } from "../image/boxes.ts";
import { roundShare } from "../image/round_share.ts";
import { roundToTenths } from "../image/round_to_tenths.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { type TileGrid, tilesOf } from "../image/tile_grid.ts";
import type { Detection } from "../protocol/detection.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import { detectInRegions, lookAt, mergeSame } from "./detect_in_regions.ts";
import { type DetectOptions, type Detector, MAX_DETECTIONS } from "./detector.ts";
import { type FoundInTile, joinTiles } from "./join_tiles.ts";
import { weakenAcrossClasses } from "./non_maximum_suppression.ts";

/** A box that is so near to the edge of a tile, as a share of the tile's side, may be cut off by it. */
const EDGE = 0.01;

/**
 * Finds small objects too: looks at a part of an image as a whole, then at each of its tiles, which fill the detector's input.
 *
 * @param area In pixels of the image; all of it by default
 * @returns Highest confidence first, in pixels of the image; an object that lies in several tiles is there once
 */
export async function detectInTiles(
  image: PixelImage,
  grid: TileGrid,
  detector: Detector,
  options: DetectOptions,
  area: BoundingBox = [0, 0, image.width, image.height],
): Promise<Detection[]> {
  const { agnostic = true, confidence = 0 } = options;
  const found: FoundInTile[] = [];
  for (const [look, tile] of [area, ...tilesOf(area, grid)].entries()) {
    // Objects that look like two classes are settled once all tiles have been looked at.
    for (const detection of await lookAt(image, tile, detector, { ...options, agnostic: false })) {
      found.push({
        ...toCorners(detection.bbox),
        classId: detection.class_id,
        score: detection.confidence,
        detection,
        look,
        isCut: isCut(detection.bbox, tile, area),
      });
    }
  }
  const joined = joinTiles(found);
  const threshold = Math.max(confidence, detector.confidence);
  const kept = agnostic
    ? weakenAcrossClasses(joined).filter(({ score }) => score > threshold)
    : joined;
  return kept.slice(0, MAX_DETECTIONS).map(({ detection, score, left, top, right, bottom }) => ({
    ...detection,
    confidence: roundShare(score),
    bbox: [left, top, right - left, bottom - top].map(roundToTenths) as BoundingBox,
  }));
}

/** Where a detector looks. */
export interface Parts {
  /** Boxes in pixels of the image; all of it where they are not given. */
  regions?: readonly BoundingBox[] | undefined;
  /** Tiles of each region; none where they are not given. */
  tiles?: TileGrid | undefined;
}

/**
 * Finds objects in parts of an image.
 *
 * @returns Highest confidence first, in pixels of the image; an object that lies in several parts is there once
 */
export async function detectInParts(
  image: PixelImage,
  { regions = [[0, 0, image.width, image.height]], tiles }: Parts,
  detector: Detector,
  options: DetectOptions,
): Promise<Detection[]> {
  if (tiles === undefined) return await detectInRegions(image, regions, detector, options);
  const found: Detection[] = [];
  for (const region of regions) {
    found.push(...await detectInTiles(image, tiles, detector, options, region));
  }
  return mergeSame(found);
}

/** Whether a box touches an edge of a tile at which the area goes on. */
function isCut(bbox: BoundingBox, tile: BoundingBox, area: BoundingBox): boolean {
  const box = toCorners(bbox);
  const inside = toCorners(tile);
  const whole = toCorners(area);
  const [across, down] = [EDGE * tile[2], EDGE * tile[3]];
  return box.left - inside.left < across && inside.left - whole.left > across ||
    box.top - inside.top < down && inside.top - whole.top > down ||
    inside.right - box.right < across && whole.right - inside.right > across ||
    inside.bottom - box.bottom < down && whole.bottom - inside.bottom > down;
}
