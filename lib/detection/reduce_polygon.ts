import type { Point } from "../protocol/geometry.ts";

/** A point of a polygon, between those before and behind it. */
interface Vertex {
  x: number;
  y: number;
  /** Which point of the polygon it is, from 0. */
  index: number;
  before: Vertex;
  behind: Vertex;
  isLeft: boolean;
}

/** How much further points may lie beside what is left in the next round. */
const GROWTH = 1.2;

/**
 * Leaves out points of a closed polygon that lie near the line between those that stay: first only within `reach`, then, in rounds,
 * as far as is needed for few enough. So the two outlines are nowhere further apart than what was left out last.
 *
 * A point stays while another one lies in the triangle that it makes with its neighbours, so a polygon that does not cross itself
 * still does not afterwards.
 *
 * @param mostPoints How many may be left, at least 3
 * @param reach How far points may lie beside the line without being worth keeping, above 0
 */
export function reducePolygon(
  outline: readonly Point[],
  mostPoints: number,
  reach: number,
): Point[] {
  const polygon = withoutStraight(outline);
  const vertices = link(polygon);
  const { grid, diagonal } = VertexGrid.of(vertices);
  let first = vertices[0];
  let count = vertices.length;
  for (let within = reach; first !== undefined; within *= GROWTH) {
    // Of a polygon that does not cross itself some point is always free, so at last all may go.
    const isForced = within > diagonal;
    for (let left = count, vertex: Vertex = first; left > 0 && count > 3; left--) {
      const { behind } = vertex;
      if (isForced || isNear(vertex, polygon, within) && !grid.hasWithin(vertex)) {
        remove(vertex);
        count--;
        if (vertex === first) first = behind;
        if (within > reach && count <= mostPoints) break;
      }
      vertex = behind;
    }
    if (count <= Math.max(mostPoints, 3)) break;
  }
  return vertices.filter(({ isLeft }) => isLeft).map(({ x, y }) => [x, y]);
}

/** Leaves out points on the straight line between their neighbours, such as along the sides of a box. */
function withoutStraight(outline: readonly Point[]): readonly Point[] {
  const turns = outline.filter(([x, y], index) => {
    const [ax, ay] = outline.at(index - 1) as Point;
    const [bx, by] = outline[(index + 1) % outline.length] as Point;
    return (x - ax) * (by - y) !== (bx - x) * (y - ay);
  });
  return turns.length < 3 ? outline : turns;
}

/** Whether all points between a point's neighbours, gone or not, lie near the line from one neighbour to the other. */
function isNear(
  { before, behind, index }: Vertex,
  polygon: readonly Point[],
  within: number,
): boolean {
  const [dx, dy] = [behind.x - before.x, behind.y - before.y];
  const square = dx * dx + dy * dy;
  const most = within * within;
  const isBeside = (each: number) => {
    const [x, y] = polygon[each] as Point;
    const [ex, ey] = [x - before.x, y - before.y];
    const along = square === 0 ? 0 : Math.min(Math.max((ex * dx + ey * dy) / square, 0), 1);
    return (ex - along * dx) ** 2 + (ey - along * dy) ** 2 <= most;
  };
  // Where one is too far away, it is most likely this one.
  if (!isBeside(index)) return false;
  const { length } = polygon;
  for (let each = (before.index + 1) % length; each !== behind.index; each = (each + 1) % length) {
    if (!isBeside(each)) return false;
  }
  return true;
}

function link(polygon: readonly Point[]): Vertex[] {
  const vertices = polygon.map(([x, y], index) => ({ x, y, index, isLeft: true }) as Vertex);
  vertices.forEach((vertex, index) => {
    vertex.before = vertices.at(index - 1) ?? vertex;
    vertex.behind = vertices[(index + 1) % vertices.length] ?? vertex;
  });
  return vertices;
}

function remove(vertex: Vertex): void {
  vertex.isLeft = false;
  vertex.before.behind = vertex.behind;
  vertex.behind.before = vertex.before;
}

/** Twice the area of a triangle, with the sign of the way round. */
function turn(a: Vertex, b: Vertex, c: Vertex): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Points by the square that they lie in. */
class VertexGrid {
  readonly #side: number;
  readonly #squares = new Map<string, Vertex[]>();

  private constructor(vertices: readonly Vertex[], side: number) {
    this.#side = side;
    for (const vertex of vertices) {
      const key = this.#key(this.#place(vertex.x), this.#place(vertex.y));
      const square = this.#squares.get(key);
      if (square === undefined) this.#squares.set(key, [vertex]);
      else square.push(vertex);
    }
  }

  /** Squares of which each holds a few points, and the diagonal of what all points lie in. */
  static of(vertices: readonly Vertex[]): { grid: VertexGrid; diagonal: number } {
    const box = boundsOf(vertices);
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    const side = 2 * Math.sqrt(width * height / vertices.length);
    return { grid: new VertexGrid(vertices, side || 1), diagonal: Math.hypot(width, height) };
  }

  /** Whether another point lies in the triangle of a point and its neighbours, or on its sides. */
  hasWithin(vertex: Vertex): boolean {
    const { before, behind } = vertex;
    // On a straight line there is room for none.
    if (turn(before, vertex, behind) === 0) return false;
    const { left, top, right, bottom } = boundsOf([before, vertex, behind]);
    for (let row = this.#place(top); row <= this.#place(bottom); row++) {
      for (let column = this.#place(left); column <= this.#place(right); column++) {
        for (const each of this.#squares.get(this.#key(column, row)) ?? []) {
          const isOther = each.isLeft && each !== before && each !== vertex && each !== behind;
          if (isOther && isWithin(each, before, vertex, behind)) return true;
        }
      }
    }
    return false;
  }

  #place(value: number): number {
    return Math.floor(value / this.#side);
  }

  #key(column: number, row: number): string {
    return `${column} ${row}`;
  }
}

function boundsOf(vertices: readonly Vertex[]) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of vertices) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

function isWithin(point: Vertex, a: Vertex, b: Vertex, c: Vertex): boolean {
  const [first, second, third] = [turn(a, b, point), turn(b, c, point), turn(c, a, point)];
  return first >= 0 && second >= 0 && third >= 0 || first <= 0 && second <= 0 && third <= 0;
}
