import type { Corners } from "../image/boxes.ts";
import type { Point } from "../protocol/geometry.ts";

/** A box that is turned about its centre. */
export interface TurnedBox {
  /** Of the centre, in pixels. */
  x: number;
  /** Of the centre, in pixels; y points down. */
  y: number;
  /** Length of the sides that lie along x before the box is turned, in pixels. */
  width: number;
  /** Length of the other sides, in pixels. */
  height: number;
  /** In radians, from x towards y. */
  angle: number;
}

/** The corners of a rectangle, one after the other. */
export type Polygon = [Point, Point, Point, Point];

/** The corners of a turned box, in the order of Ultralytics: beginning with the lower right one, the upper right one next. */
export function polygonOf({ x, y, width, height, angle }: TurnedBox): Polygon {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corner = (along: number, across: number): Point => [
    x + (along * width * cos - across * height * sin) / 2,
    y + (along * width * sin + across * height * cos) / 2,
  ];
  return [corner(1, 1), corner(1, -1), corner(-1, -1), corner(-1, 1)];
}

/** The upright box around some points. */
export function enclose(points: readonly Point[]): Corners {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
  };
}

/** What keeps divisions and logarithms finite, as in Ultralytics. */
const EPSILON = 1e-7;

/**
 * How much two turned boxes overlap, from 0 to 1: one less the Hellinger distance of the normal distributions that have their
 * covariances (Llerena et al. 2021, "Gaussian Bounding Boxes and Probabilistic Intersection-over-Union").
 */
export function probabilisticOverlap(a: TurnedBox, b: TurnedBox): number {
  const [first, second] = [covarianceOf(a), covarianceOf(b)];
  const [xx, yy, xy] = [
    first.xx + second.xx,
    first.yy + second.yy,
    first.xy + second.xy,
  ];
  const [x, y] = [a.x - b.x, a.y - b.y];
  const determinant = xx * yy - xy ** 2;
  const distance = (xx * y ** 2 + yy * x ** 2 - 2 * xy * x * y) / (determinant + EPSILON) / 4;
  const own = Math.sqrt(Math.max(0, determinantOf(first)) * Math.max(0, determinantOf(second)));
  const spread = Math.log(determinant / (4 * own + EPSILON) + EPSILON) / 2;
  const bhattacharyya = Math.min(Math.max(distance + spread, EPSILON), 100);
  return Math.max(0, 1 - Math.sqrt(1 - Math.exp(-bhattacharyya) + EPSILON));
}

interface Covariance {
  xx: number;
  yy: number;
  xy: number;
}

/** The covariance of points that are spread evenly over a box. */
function covarianceOf({ width, height, angle }: TurnedBox): Covariance {
  const [along, across] = [width ** 2 / 12, height ** 2 / 12];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    xx: along * cos ** 2 + across * sin ** 2,
    yy: along * sin ** 2 + across * cos ** 2,
    xy: (along - across) * cos * sin,
  };
}

function determinantOf({ xx, yy, xy }: Covariance): number {
  return xx * yy - xy ** 2;
}
