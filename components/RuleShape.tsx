import type { JSX } from "preact";
import type { Size } from "../lib/image/size.ts";
import type { PicturePoint } from "../lib/protocol/rule.ts";

/** A zone, or a line with an arrow to the side that is inwards, within an `<svg>` whose units are pixels of the picture. */
export function RuleShape({ points, isLine, size: { width, height } }: {
  points: readonly PicturePoint[];
  isLine: boolean;
  size: Size;
}): JSX.Element {
  const places = points.map(([x, y]): [number, number] => [x * width, y * height]);
  const [from, to] = places;
  if (!isLine || from === undefined || to === undefined) {
    return <polygon class="zone" points={places.join(" ")} />;
  }
  return (
    <>
      <line class="zone" x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
      <polyline class="zone" points={arrow(from, to).join(" ")} fill="none" />
    </>
  );
}

/** From the middle of the line to its right-hand side, as seen from its first point, and back for the head of an arrow. */
function arrow(
  [ax, ay]: [number, number],
  [bx, by]: [number, number],
): [x: number, y: number][] {
  // Pictures count downwards, so that a quarter turn to the right of (x, y) is (-y, x).
  const [dx, dy] = [(bx - ax) / 5, (by - ay) / 5];
  const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
  const [tx, ty] = [mx - dy, my + dx];
  return [
    [mx, my],
    [tx, ty],
    [tx + (dy - dx) / 3, ty - (dx + dy) / 3],
    [tx, ty],
    [tx + (dy + dx) / 3, ty + (dy - dx) / 3],
  ];
}
