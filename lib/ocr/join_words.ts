import {
  encloseAt,
  levelRectangle,
  measureQuadrilateral,
  type Quadrilateral,
  rectangleCorners,
  turnCorners,
} from "./geometry.ts";
import { LETTER_RATIO, UPRIGHT_RATIO } from "./reading_directions.ts";
import type { FoundLine } from "./text_detector.ts";

/** Widest gap between two boxes of one line, as a share of its height; columns of a table are further apart. */
const WIDEST_GAP = 0.6;

/** How far the middles of two boxes of one line may be apart across it, as a share of its height. */
const LARGEST_OFFSET = 0.25;

/** How much taller one of two boxes of one line may be. */
const LARGEST_RATIO = 1.5;

/** Largest angle between two boxes of one line, in radians; short words tell their direction badly. */
const LARGEST_TURN = 0.15;

/**
 * Joins the boxes of words that the detector took apart, though they stand on one line with no more than a
 * space between them, whether the line runs to the right, up or down.
 */
export function joinWords(lines: readonly FoundLine[]): FoundLine[] {
  const joined: FoundLine[] = [];
  // The longest of the boxes tells the line's direction best.
  for (const line of lines.toSorted((a, b) => lengthOf(b) - lengthOf(a))) {
    let current = line;
    let [index, whole] = findPartner(joined, current);
    while (whole !== undefined) {
      joined.splice(index, 1);
      current = whole;
      // What has grown may reach a third box.
      [index, whole] = findPartner(joined, current);
    }
    joined.push(current);
  }
  return joined;
}

function lengthOf({ polygon }: FoundLine): number {
  const { width, height } = measureQuadrilateral(polygon);
  return Math.max(width, height);
}

function findPartner(
  lines: readonly FoundLine[],
  line: FoundLine,
): [index: number, whole: FoundLine | undefined] {
  for (const [index, other] of lines.entries()) {
    const whole = lengthOf(other) > lengthOf(line) ? join(other, line) : join(line, other);
    if (whole !== undefined) return [index, whole];
  }
  return [-1, undefined];
}

/** Joins two boxes if they belong together, in the direction of the longer one. */
function join(longer: FoundLine, shorter: FoundLine): FoundLine | undefined {
  const { width, height } = measureQuadrilateral(longer.polygon);
  const runsUp = height > width * LETTER_RATIO;
  const [a, b] = [longer, shorter].map(({ polygon }) => runsUp ? turnCorners(polygon, 3) : polygon);
  if (a === undefined || b === undefined || !belongTogether(a, b)) return undefined;
  const { angle } = measureQuadrilateral(a);
  const whole = levelRectangle(encloseAt([...a, ...b], angle));
  return { polygon: rectangleCorners(whole), score: Math.min(longer.score, shorter.score) };
}

/** Whether two boxes are parts of one line that runs along the upper side of `a`. */
function belongTogether(a: Quadrilateral, b: Quadrilateral): boolean {
  const [first, second] = [measureQuadrilateral(a), measureQuadrilateral(b)];
  const height = Math.min(first.height, second.height);
  if (Math.max(first.height, second.height) > height * LARGEST_RATIO) return false;
  // A box about as wide as tall has no direction.
  const turned = Math.abs(first.angle - second.angle) > LARGEST_TURN;
  if (turned && Math.min(first.width, second.width) > 2 * height) return false;
  const [left, right] = [encloseAt(a, first.angle), encloseAt(b, first.angle)];
  const dx = right.center[0] - left.center[0];
  const dy = right.center[1] - left.center[1];
  const across = Math.abs(dy * Math.cos(first.angle) - dx * Math.sin(first.angle));
  const along = Math.abs(dx * Math.cos(first.angle) + dy * Math.sin(first.angle));
  const gap = along - (left.width + right.width) / 2;
  // Tall boxes side by side are turned words or short columns, unless they are as close as letters.
  const bothTall = [first, second].every((box) => box.height > box.width * UPRIGHT_RATIO);
  const widest = WIDEST_GAP * (bothTall ? Math.min(first.width, second.width) : height);
  return across <= height * LARGEST_OFFSET && gap <= widest;
}
