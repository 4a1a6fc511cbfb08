/**
 * Makes one list of what was found in the tiles of an image.
 *
 * @module
 */

import { type Corners, intersectionOverUnion } from "../image/boxes.ts";
import type { Detection } from "../protocol/detection.ts";
import { type Candidate, suppressNonMaxima } from "./non_maximum_suppression.ts";

/** A box that was found in one look, in pixels of the image. */
export interface FoundInTile extends Candidate {
  /** What was found, as long as it was not put together: its box alone does not tell its shape. */
  detection: Detection;
  /** Number of the look; the same for all that was found in one tile, and none for what was put together. */
  look: number;
  /** Whether the object may go on beyond the edge of the tile. */
  isCut: boolean;
}

/** Overlap (intersection over union) above which boxes of two looks are one object. */
const SAME_OBJECT_IOU = 0.5;

/** Share of a box that was cut off above which a whole one covers it: then it is a part of that object. */
const COVERED = 0.5;

/** Share of the longer side that two parts of one object have in common along their seam. */
const ALIGNED = 0.7;

/**
 * Makes one list of what was found in several looks: an object that lies in several is kept once, and one that no look shows
 * whole is put together from its parts.
 *
 * @returns Highest score first
 */
export function joinTiles(found: readonly FoundInTile[]): FoundInTile[] {
  const whole = suppressNonMaxima(found.filter(({ isCut }) => !isCut), SAME_OBJECT_IOU);
  const parts = found.filter((part) =>
    part.isCut &&
    !whole.some((other) =>
      other.classId === part.classId && overlap(part, other) > COVERED * area(part)
    )
  );
  return suppressNonMaxima([...whole, ...joinParts(parts)], SAME_OBJECT_IOU);
}

/** Puts parts together that continue each other. */
function joinParts(parts: readonly FoundInTile[]): FoundInTile[] {
  let objects: FoundInTile[] = [];
  for (const part of parts.toSorted((a, b) => b.score - a.score)) {
    let object = part;
    // An object that has grown may reach others.
    for (;;) {
      const next = objects.find((other) => isContinued(object, other));
      if (next === undefined) break;
      object = union(object, next);
      objects = objects.filter((other) => other !== next);
    }
    objects = [...objects, object];
  }
  return objects;
}

function isContinued(a: FoundInTile, b: FoundInTile): boolean {
  if (a.classId !== b.classId || a.look === b.look || overlap(a, b) === 0) return false;
  if (intersectionOverUnion(a, b) > SAME_OBJECT_IOU) return true;
  const across = shared(a.left, a.right, b.left, b.right);
  const down = shared(a.top, a.bottom, b.top, b.bottom);
  return across > ALIGNED || down > ALIGNED;
}

/** What two stretches have in common, as a share of the longer one. */
function shared(start: number, end: number, otherStart: number, otherEnd: number): number {
  const common = Math.min(end, otherEnd) - Math.max(start, otherStart);
  return common / Math.max(end - start, otherEnd - otherStart);
}

function union(a: FoundInTile, b: FoundInTile): FoundInTile {
  const better = a.score >= b.score ? a : b;
  return {
    ...better,
    detection: withoutShape(better.detection),
    look: NaN,
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** The mask, keypoints and corners are those of a part. */
function withoutShape(
  { mask: _mask, keypoints: _keypoints, polygon: _polygon, ...detection }: Detection,
): Detection {
  return detection;
}

/** Area that two boxes share, in square pixels. */
function overlap(a: Corners, b: Corners): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function area({ left, top, right, bottom }: Corners): number {
  return (right - left) * (bottom - top);
}
