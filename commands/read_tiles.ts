import { parseGrid, type TileGrid } from "../lib/image/tile_grid.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Reads the option `--tiles`.
 *
 * @throws {UsageError} If it is no grid
 */
export function readTiles(text: string): TileGrid {
  const grid = parseGrid(text);
  if (grid !== undefined) return grid;
  throw new UsageError(
    `Cannot use --tiles ${JSON.stringify(text)}: expected columns x rows of up to 4, such as 2x2`,
  );
}
