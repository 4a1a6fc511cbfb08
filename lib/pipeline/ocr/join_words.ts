import {
  encloseAt,
  measureQuadrilateral,
  type Quadrilateral,
  rectangleCorners,
} from "./geometry.ts";
import type { FoundLine } from "./text_detector.ts";

/** Widest gap between two boxes of one line, as a share of their height; columns of a table are further apart. */
const WIDEST_GAP = 0.6;

/** How far the middles of two boxes of one line may be apart across it, as a share of their height. */
const LARGEST_OFFSET = 0.25;

/** How much taller one of two boxes of one line may be. */
const LARGEST_RATIO = 1.5;

/** Largest angle between two boxes of one line, in radians; short words tell their direction badly. */
const LARGEST_TURN = 0.15;

/**
 * Joins the boxes of words that the detector took apart, though they stand on one line with no more than a
 * space between them.
 */
export function joinWords(lines: readonly FoundLine[]): FoundLine[] {
  const joined: FoundLine[] = [];
  // The longest of the boxes tells the line's direction best.
  for (const line of lines.toSorted((a, b) => lengthOf(b) - lengthOf(a))) {
    let current = line;
    let index = joined.findIndex((other) => belongTogether(other, current));
    while (index >= 0) {
      const [other] = joined.splice(index, 1);
      if (other !== undefined) current = join(other, current);
      // What has grown may reach a third box.
      index = joined.findIndex((each) => belongTogether(each, current));
    }
    joined.push(current);
  }
  return joined;
}

function lengthOf({ polygon }: FoundLine): number {
  return measureQuadrilateral(polygon).width;
}

function belongTogether(a: FoundLine, b: FoundLine): boolean {
  const [first, second] = [measureQuadrilateral(a.polygon), measureQuadrilateral(b.polygon)];
  const height = Math.min(first.height, second.height);
  if (Math.max(first.height, second.height) > height * LARGEST_RATIO) return false;
  const { angle } = first.width > second.width ? first : second;
  // A box about as wide as tall has no direction.
  const turned = Math.abs(first.angle - second.angle) > LARGEST_TURN;
  if (turned && Math.min(first.width, second.width) > 2 * height) return false;
  const [left, right] = [encloseAt(a.polygon, angle), encloseAt(b.polygon, angle)];
  const dx = right.center[0] - left.center[0];
  const dy = right.center[1] - left.center[1];
  const across = Math.abs(dy * Math.cos(angle) - dx * Math.sin(angle));
  const along = Math.abs(dx * Math.cos(angle) + dy * Math.sin(angle));
  const gap = along - (left.width + right.width) / 2;
  return across <= height * LARGEST_OFFSET && gap <= height * WIDEST_GAP;
}

function join(a: FoundLine, b: FoundLine): FoundLine {
  const { angle } = measureQuadrilateral((lengthOf(a) > lengthOf(b) ? a : b).polygon);
  const polygon: Quadrilateral = rectangleCorners(encloseAt([...a.polygon, ...b.polygon], angle));
  return { polygon, score: Math.min(a.score, b.score) };
}
