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
const GROWTH = 1.03;

/**
 * Leaves out points of a closed polygon that lie near the line between those that stay: within `reach`, or, where too many would
 * stay, about as far as is needed for few enough. So the two outlines are nowhere further apart than that.
 *
 * A point stays while another one lies in the triangle that it makes with its neighbours, so a polygon that does not cross itself
 * still does not afterwards.
 *
 * @param outline No two neighbours in the same place
 * @param mostPoints How many may be left, at least 3
 * @param reach How far points may lie beside the line without being worth keeping, above 0
 */
export function reducePolygon(
  outline: readonly Point[],
  mostPoints: number,
  reach: number,
): Point[] {
  const polygon = withoutStraight(outline);
  const most = Math.max(mostPoints, 3);
  const near = new Ring(polygon);
  near.leaveOut(reach, { least: 3, most });
  if (near.count <= most) return near.points;
  // Afresh: what is left out for a small reach first is not the best for a larger one.
  const ring = new Ring(polygon);
  for (let within = findReach(polygon, most, reach); ring.count > most; within *= GROWTH) {
    ring.leaveOut(within, { least: most, most: Infinity });
  }
  return ring.points;
}

/** How far points may lie beside the line so that about `most` are left, where `reach` is too little. */
function findReach(polygon: readonly Point[], most: number, reach: number): number {
  let [less, enough] = [reach, reach];
  while (leavesMore(polygon, most, enough)) [less, enough] = [enough, 2 * enough];
  while (enough > less * GROWTH) {
    const within = Math.sqrt(less * enough);
    if (leavesMore(polygon, most, within)) less = within;
    else enough = within;
  }
  return enough;
}

/** Whether more points than `most` are left if each that stays is as far from the one before as may be. */
function leavesMore(polygon: readonly Point[], most: number, within: number): boolean {
  let count = 0;
  for (let from = 0; from < polygon.length && count <= most; count++) {
    let to = from + 1;
    while (to < polygon.length && areNear(polygon, from, to + 1, within)) to++;
    from = to;
  }
  return count > most;
}

/** Leaves out points of a closed polygon that lie where the one before them does. */
export function withoutRepeats(points: readonly Point[]): Point[] {
  return points.filter(([x, y], index) => {
    const [beforeX, beforeY] = points.at(index - 1) as Point;
    return x !== beforeX || y !== beforeY;
  });
}

/** Leaves out points on the straight line between their neighbours, such as along the sides of a box. */
function withoutStraight(outline: readonly Point[]): readonly Point[] {
  const turns = outline.filter(([x, y], index) => {
    const [ax, ay] = outline.at(index - 1) as Point;
    const [bx, by] = outline[(index + 1) % outline.length] as Point;
    return (x - ax) * (by - y) !== (bx - x) * (y - ay) ||
      (x - ax) * (bx - x) + (y - ay) * (by - y) < 0;
  });
  return turns.length < 3 ? outline : turns;
}

/** Whether all points of a polygon between two of them lie near the line from one to the other; those from its length on are its first. */
function areNear(polygon: readonly Point[], from: number, to: number, within: number): boolean {
  const { length } = polygon;
  const a = polygon[from % length] as Point;
  const b = polygon[to % length] as Point;
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const square = dx * dx + dy * dy;
  // From the last on: where one is too far away, it is most likely the newest.
  for (let index = to - 1; index > from; index--) {
    const point = polygon[index < length ? index : index - length] as Point;
    const ex = point[0] - a[0];
    const ey = point[1] - a[1];
    const along = square === 0 ? 0 : Math.min(Math.max((ex * dx + ey * dy) / square, 0), 1);
    if ((ex - along * dx) ** 2 + (ey - along * dy) ** 2 > within * within) return false;
  }
  return true;
}

/** What is left of a polygon. */
class Ring {
  readonly #polygon: readonly Point[];
  readonly #vertices: Vertex[];
  readonly #grid: VertexGrid;
  readonly #diagonal: number;
  #first: Vertex | undefined;
  #count: number;

  constructor(polygon: readonly Point[]) {
    this.#polygon = polygon;
    this.#vertices = link(polygon);
    this.#first = this.#vertices[0];
    this.#count = polygon.length;
    ({ grid: this.#grid, diagonal: this.#diagonal } = VertexGrid.of(this.#vertices));
  }

  /** How many points are left. */
  get count(): number {
    return this.#count;
  }

  /** The points that are left. */
  get points(): Point[] {
    return this.#vertices.filter(({ isLeft }) => isLeft).map(({ x, y }) => [x, y]);
  }

  /**
   * Leaves out points, once around, that lie not further beside the line without them than `within`; stops early once no more than
   * `least` are left, or more than `most` are sure to be.
   */
  leaveOut(within: number, { least, most }: { least: number; most: number }): void {
    // Of a polygon that does not cross itself some point is always free, so at last all may go.
    const isForced = within > this.#diagonal;
    let vertex = this.#first;
    let kept = 0;
    for (let left = this.#count; left > 0 && this.#count > least && vertex !== undefined; left--) {
      const { behind } = vertex;
      if (isForced || this.#isNear(vertex, within) && !this.#grid.hasWithin(vertex)) {
        this.#remove(vertex);
      } else if (++kept > most) return;
      vertex = behind;
    }
  }

  /** Whether all points between a point's neighbours, gone or not, lie near the line from one neighbour to the other. */
  #isNear({ before, behind }: Vertex, within: number): boolean {
    const to = behind.index + (behind.index > before.index ? 0 : this.#polygon.length);
    return areNear(this.#polygon, before.index, to, within);
  }

  #remove(vertex: Vertex): void {
    vertex.isLeft = false;
    vertex.before.behind = vertex.behind;
    vertex.behind.before = vertex.before;
    if (vertex === this.#first) this.#first = vertex.behind;
    this.#count--;
  }
}

function link(polygon: readonly Point[]): Vertex[] {
  const vertices = polygon.map(([x, y], index) => ({ x, y, index, isLeft: true }) as Vertex);
  vertices.forEach((vertex, index) => {
    vertex.before = vertices.at(index - 1) ?? vertex;
    vertex.behind = vertices[(index + 1) % vertices.length] ?? vertex;
  });
  return vertices;
}

/** Twice the area of a triangle, with the sign of the way round. */
function turn(a: Vertex, b: Vertex, c: Vertex): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Points by the square that they lie in. */
class VertexGrid {
  readonly #side: number;
  readonly #squares = new Map<number, Vertex[]>();

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

  #key(column: number, row: number): number {
    return column * 65536 + row;
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
