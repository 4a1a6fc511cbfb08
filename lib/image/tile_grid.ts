import type { BoundingBox } from "../protocol/geometry.ts";

/** Into how many tiles an image is parted. */
export interface TileGrid {
  /** Tiles beside each other, from 1. */
  columns: number;
  /** Tiles above each other, from 1. */
  rows: number;
}

/** What grids are written as: `2x3` for two columns and three rows; up to four of each, and more than one tile. */
export const GRID_PATTERN = "^(?!1x1$)[1-4]x[1-4]$";

/** Share of a tile that the next one shows too, so that most objects on a seam are whole in one of them. */
export const TILE_OVERLAP = 0.2;

/** Reads a grid such as `2x3`; `undefined` for anything else. */
export function parseGrid(text: unknown): TileGrid | undefined {
  if (typeof text !== "string" || !new RegExp(GRID_PATTERN).test(text)) return undefined;
  const [columns = 1, rows = 1] = text.split("x").map(Number);
  return { columns, rows };
}

/**
 * Parts a box into tiles of one size that overlap and together cover it.
 *
 * @param box In pixels
 * @returns Row by row, from the upper left
 */
export function tilesOf([x, y, width, height]: BoundingBox, grid: TileGrid): BoundingBox[] {
  const { columns, rows } = grid;
  const tileWidth = width / (columns - (columns - 1) * TILE_OVERLAP);
  const tileHeight = height / (rows - (rows - 1) * TILE_OVERLAP);
  return Array.from({ length: columns * rows }, (_, index): BoundingBox => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return [
      x + column * tileWidth * (1 - TILE_OVERLAP),
      y + row * tileHeight * (1 - TILE_OVERLAP),
      tileWidth,
      tileHeight,
    ];
  });
}
