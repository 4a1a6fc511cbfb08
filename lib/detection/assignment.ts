/** A row and a column that belong together, by their indices. */
export type Pair = [row: number, column: number];

/** Weights, one array of equal length a row. */
type Table = readonly (readonly number[])[];

/**
 * Pairs rows with columns so that the weights of the pairs add up to the most; each row and each column is in one pair at most.
 *
 * The assignment problem, solved by shortest augmenting paths (Jonker and Volgenant 1987), part by part: rows and columns that
 * no chain of positive weights connects do not compete.
 *
 * @param weights Only those above 0 make pairs.
 * @returns In the order of the rows.
 */
export function assignPairs(weights: Table): Pair[] {
  return connectedParts(weights)
    .flatMap((part) => assignPart(weights, part))
    .sort(([a], [b]) => a - b);
}

/** Rows and columns that compete with one another. */
interface Part {
  rows: number[];
  columns: number[];
}

function connectedParts(weights: Table): Part[] {
  const columnsOf = weights.map((row) =>
    row.flatMap((weight, column) => weight > 0 ? [column] : [])
  );
  const rowsOf = new Map<number, number[]>();
  for (const [row, columns] of columnsOf.entries()) {
    for (const column of columns) {
      const rows = rowsOf.get(column);
      if (rows === undefined) rowsOf.set(column, [row]);
      else rows.push(row);
    }
  }
  const done = new Set<number>();
  const parts: Part[] = [];
  for (const [start, columns] of columnsOf.entries()) {
    if (columns.length === 0 || done.has(start)) continue;
    const part = { rows: new Set([start]), columns: new Set<number>() };
    // A set's iteration also visits what is added during it.
    for (const row of part.rows) {
      done.add(row);
      for (const column of columnsOf[row] ?? []) {
        if (part.columns.has(column)) continue;
        part.columns.add(column);
        for (const other of rowsOf.get(column) ?? []) part.rows.add(other);
      }
    }
    parts.push({ rows: [...part.rows], columns: [...part.columns] });
  }
  return parts;
}

function assignPart(weights: Table, { rows, columns }: Part): Pair[] {
  const weightOf = (row: number, column: number) => weights[row]?.[column] ?? 0;
  // The search wants no more rows than columns.
  const isTall = rows.length > columns.length;
  const costs = isTall
    ? columns.map((column) => Float64Array.from(rows, (row) => -Math.max(0, weightOf(row, column))))
    : rows.map((row) =>
      Float64Array.from(columns, (column) => -Math.max(0, weightOf(row, column)))
    );
  const pairs: Pair[] = [];
  for (const [long, short] of new Assignment(costs).rowOfColumn.entries()) {
    const row = rows[isTall ? long : short];
    const column = columns[isTall ? short : long];
    // What has a partner only because every row needs one has none.
    if (row !== undefined && column !== undefined && weightOf(row, column) > 0) {
      pairs.push([row, column]);
    }
  }
  return pairs;
}

/** Stands for no row or column. */
const NONE = -1;

/** Gives every row a column of its own, at the least total cost; there are no more rows than columns. */
class Assignment {
  /** The row of each column, or `NONE`. */
  readonly rowOfColumn: Int32Array;
  readonly #costs: readonly Float64Array[];
  /** What rows and columns are worth: with both taken off, no cost is below 0, and those that are paired are 0. */
  readonly #rowPrices: Float64Array;
  readonly #columnPrices: Float64Array;

  constructor(costs: readonly Float64Array[]) {
    const columns = costs[0]?.length ?? 0;
    this.#costs = costs;
    this.rowOfColumn = new Int32Array(columns).fill(NONE);
    this.#rowPrices = new Float64Array(costs.length);
    this.#columnPrices = new Float64Array(columns);
    for (let row = 0; row < costs.length; row++) this.#assign(row);
  }

  /** Finds the nearest free column by Dijkstra's search, and moves the rows on the way to it each by one column. */
  #assign(start: number): void {
    const columns = this.rowOfColumn.length;
    const distances = new Float64Array(columns).fill(Infinity);
    const previous = new Int32Array(columns).fill(NONE);
    const isDone = new Uint8Array(columns);
    const done: number[] = [];
    let [row, column, reached] = [start, NONE, 0];
    do {
      this.#relax(row, column, reached, { distances, previous, isDone });
      column = nearest(distances, isDone);
      reached = distances[column] as number;
      isDone[column] = 1;
      row = this.rowOfColumn[column] as number;
      if (row !== NONE) done.push(column);
    } while (row !== NONE);
    this.#setPrices(start, done, distances, reached);
    while (column !== NONE) {
      const before = previous[column] as number;
      this.rowOfColumn[column] = before === NONE ? start : this.rowOfColumn[before] as number;
      column = before;
    }
  }

  /** Goes from a row, which has been reached through the column `from`, to all columns that are not done. */
  #relax(
    row: number,
    from: number,
    reached: number,
    { distances, previous, isDone }: {
      distances: Float64Array;
      previous: Int32Array;
      isDone: Uint8Array;
    },
  ): void {
    const costs = this.#costs[row] as Float64Array;
    const start = reached - (this.#rowPrices[row] as number);
    for (let column = 0; column < costs.length; column++) {
      if (isDone[column] === 1) continue;
      const distance = start + (costs[column] as number) - (this.#columnPrices[column] as number);
      if (distance >= (distances[column] as number)) continue;
      distances[column] = distance;
      previous[column] = from;
    }
  }

  #setPrices(start: number, done: number[], distances: Float64Array, reached: number): void {
    this.#rowPrices[start] = (this.#rowPrices[start] as number) + reached;
    for (const column of done) {
      const surplus = reached - (distances[column] as number);
      const row = this.rowOfColumn[column] as number;
      this.#columnPrices[column] = (this.#columnPrices[column] as number) - surplus;
      this.#rowPrices[row] = (this.#rowPrices[row] as number) + surplus;
    }
  }
}

function nearest(distances: Float64Array, isDone: Uint8Array): number {
  let best = NONE;
  for (let column = 0; column < distances.length; column++) {
    if (isDone[column] === 1) continue;
    if (best === NONE || (distances[column] as number) < (distances[best] as number)) best = column;
  }
  return best;
}
