import { basename } from "node:path";
import { printable } from "./printable.ts";

/** A number of images, in words. */
export function countImages(count: number): string {
  return count === 1 ? "1 image" : `${count} images`;
}

/** Shows how many images have been looked at. */
export interface ImageProgress extends Disposable {
  /** Counts one more, by its path. */
  advance(path: string): void;
}

/** Shows a progress bar on a terminal's standard error, and nothing where that is none. */
export async function showProgress(total: number): Promise<ImageProgress> {
  if (!Deno.stderr.isTerminal()) return { advance() {}, [Symbol.dispose]() {} };
  const { default: { Presets, SingleBar } } = await import("cli-progress");
  const format = "{bar} {value} of {total} images, {eta_formatted} left, {name}";
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.shades_classic);
  bar.start(total, 0, { name: "" });
  return {
    advance: (path) => bar.increment({ name: printable(basename(path)) }),
    [Symbol.dispose]: () => bar.stop(),
  };
}
