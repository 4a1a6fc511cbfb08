/**
 * Turns decoded pictures upright and into small RGB ones with FFmpeg's filters; used in the decode process only.
 *
 * @module
 */

import { Filter, FilterContext, FilterGraph, Frame } from "node-av/lib";
import type { Orientation, Size } from "./display_geometry.ts";
import { VideoDecodeError } from "./errors.ts";

/** Scales pictures to one size. */
export class FrameScaler implements Disposable {
  readonly #size: Size;
  readonly #orientation: Orientation;
  readonly #scaled = new Frame();
  #graph: FilterGraph | undefined;
  #source: FilterContext | undefined;
  #sink: FilterContext | undefined;
  #builtFor = "";

  /** @param size Size of the pictures when upright */
  constructor(size: Size, orientation: Orientation) {
    this.#size = size;
    this.#orientation = orientation;
    this.#scaled.alloc();
  }

  /**
   * Scales one picture, and leaves it empty.
   *
   * @returns HWC uint8 RGB, length `width * height * 3`
   * @throws {VideoDecodeError} If the picture cannot be converted
   */
  async scale(picture: Frame): Promise<Uint8Array> {
    // A video may change its size or format midway.
    const format = describe(picture);
    if (format !== this.#builtFor) await this.#build(format);
    const added = await this.#source?.buffersrcAddFrame(picture) ?? -1;
    const got = added < 0 ? added : await this.#sink?.buffersinkGetFrame(this.#scaled) ?? -1;
    if (got < 0) throw new VideoDecodeError("The video has pictures that cannot be converted");
    const pixels = this.#scaled.toBuffer();
    this.#scaled.unref();
    return pixels;
  }

  /** Frees the filters. */
  [Symbol.dispose](): void {
    this.#graph?.free();
    this.#scaled.free();
  }

  async #build(format: string): Promise<void> {
    this.#graph?.free();
    const graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    const { transposed, filters } = this.#orientation;
    const { width, height } = this.#size;
    // Scaling before turning leaves fewer pixels to turn.
    const scale = transposed ? `w=${height}:h=${width}` : `w=${width}:h=${height}`;
    const chain = [
      ["buffer", format],
      ["scale", `${scale}:flags=bilinear`],
      ...filters,
      ["format", "pix_fmts=rgb24"],
      ["buffersink", null],
    ] as const;
    const contexts = chain.map(([name, args], index) => create(graph, name, index, args));
    for (const [index, context] of contexts.slice(1).entries()) {
      contexts[index]?.link(0, context, 0);
    }
    if (await graph.config() < 0) {
      throw new VideoDecodeError("The video has pictures that cannot be converted");
    }
    this.#graph = graph;
    this.#source = contexts[0];
    this.#sink = contexts.at(-1);
    this.#builtFor = format;
  }
}

/** Arguments of the `buffer` filter for pictures like this. */
function describe({ width, height, format, colorSpace, colorRange }: Frame): string {
  return `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/1000:pixel_aspect=1/1` +
    `:colorspace=${colorSpace}:range=${colorRange}`;
}

function create(
  graph: FilterGraph,
  name: string,
  index: number,
  args: string | null,
): FilterContext {
  const filter = Filter.getByName(name);
  const context = filter && graph.createFilter(filter, `${name}${index}`, args);
  if (context === null) {
    throw new VideoDecodeError("The video has pictures that cannot be converted");
  }
  return context;
}
