/** Rounds a confidence to 0.001, as results give them, and keeps it between 0 and 1. */
export function roundShare(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 1000) / 1000;
}
