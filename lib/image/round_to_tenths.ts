/** Rounds a coordinate in pixels, or a time in milliseconds, to 0.1, as results give them. */
export function roundToTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
