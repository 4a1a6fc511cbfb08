import type { Point } from "../protocol/geometry.ts";

/** A point of a polygon, between those before and behind it. */
interface Vertex {
  x: number;
  y: number;
  before: Vertex;
  behind: Vertex;
  isLeft: boolean;
}

/** How much larger the triangles are that go in the next round. */
const GROWTH = 1.5;

/**
 * Leaves out the points of a closed polygon that change its area least: those that cut off the smallest triangles with their
 * neighbours, as in Visvalingam and Whyatt 1993, but in rounds, so that it takes no time worth mentioning.
 *
 * A point stays while another one lies in its triangle, so a polygon that does not cross itself still does not afterwards.
 *
 * @param mostPoints How many may be left, at least 3
 * @param leastArea Area of a triangle that is worth a point
 */
export function reducePolygon(
  polygon: readonly Point[],
  mostPoints: number,
  leastArea = 0,
): Point[] {
  const vertices = link(polygon);
  const { grid, area: whole } = VertexGrid.of(vertices);
  let first = vertices[0];
  let count = vertices.length;
  for (let area = leastArea; first !== undefined; area = Math.max(area * GROWTH, whole * 1e-6)) {
    // Of a polygon that does not cross itself some point is always free, so larger triangles are none.
    const isForced = area > whole;
    for (let left = count, vertex: Vertex = first; left > 0 && count > 3; left--) {
      const { behind } = vertex;
      const isSmall = areaAt(vertex) <= area;
      if (isSmall && (isForced || !grid.hasWithin(vertex))) {
        remove(vertex);
        count--;
        if (vertex === first) first = behind;
        if (area > leastArea && count <= mostPoints) break;
      }
      vertex = behind;
    }
    if (count <= Math.max(mostPoints, 3)) break;
  }
  return vertices.filter(({ isLeft }) => isLeft).map(({ x, y }) => [x, y]);
}

function link(polygon: readonly Point[]): Vertex[] {
  const vertices = polygon.map(([x, y]) => ({ x, y, isLeft: true }) as Vertex);
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

/** Area of the triangle that goes if a point does. */
function areaAt(vertex: Vertex): number {
  return Math.abs(turn(vertex.before, vertex, vertex.behind)) / 2;
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

  /** Squares of which each holds a few points, and the area that all points lie in. */
  static of(vertices: readonly Vertex[]): { grid: VertexGrid; area: number } {
    const box = boundsOf(vertices);
    const area = (box.right - box.left) * (box.bottom - box.top);
    const side = 2 * Math.sqrt(area / vertices.length);
    return { grid: new VertexGrid(vertices, side || 1), area };
  }

  /** Whether another point lies in the triangle of a point and its neighbours, or on its sides. */
  hasWithin(vertex: Vertex): boolean {
    const { before, behind } = vertex;
    // On a straight line there is room for none.
    if (areaAt(vertex) === 0) return false;
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
