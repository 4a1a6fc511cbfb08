/**
 * Turns decoded images upright and to one size and format with FFmpeg's filters; used in the decode process only.
 *
 * @module
 */

import type { Size } from "../../image/size.ts";
import {
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_FCC,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_UNSPECIFIED,
} from "node-av/constants";
import { Filter, FilterContext, FilterGraph, Frame } from "node-av/lib";
import { FRAMES_PER_SECOND } from "../annotate/annotation_script.ts";
import type { Orientation, Place } from "./display_geometry.ts";
import { VideoDecodeError } from "../errors.ts";

/** A filter of FFmpeg, with its arguments. */
export type FilterCall = readonly [name: string, args: string | null];

/** Turns, scales and further changes images. */
export class FrameFilter implements Disposable {
  readonly #orientation: Orientation;
  readonly #further: readonly FilterCall[];
  readonly #scaling: string;
  readonly #changed = new Frame();
  #graph: FilterGraph | undefined;
  #source: FilterContext | undefined;
  #sink: FilterContext | undefined;
  #builtFor = "";

  /**
   * Begins without filters, which are built for the first image.
   *
   * @param further What is done to the upright images; each filter gives one image for one
   * @param scaling Further options of FFmpeg's `scale`, such as `out_range=full`
   */
  constructor(orientation: Orientation, further: readonly FilterCall[], scaling = "") {
    this.#orientation = orientation;
    this.#further = further;
    this.#scaling = scaling && `:${scaling}`;
    this.#changed.alloc();
  }

  /**
   * Changes one image, and leaves it empty.
   *
   * @param size Size that it is to have when upright
   * @param place Where it is to lie on a black canvas of that size; all over it where it is not given
   * @returns Valid until the next one
   * @throws {VideoDecodeError} If the image cannot be converted
   */
  async apply(
    image: Frame,
    size: Size,
    place: Place = { left: 0, top: 0, ...size },
  ): Promise<Frame> {
    // The usual matrix is close to those that the filters do not know; which images are RGB, their format tells.
    if (!KNOWN_MATRICES.has(image.colorSpace)) image.colorSpace = AVCOL_SPC_UNSPECIFIED;
    // A video may change its size or format midway.
    const format = describe(image);
    const wanted = JSON.stringify([format, size, place]);
    if (wanted !== this.#builtFor) {
      await this.#build(format, size, place);
      this.#builtFor = wanted;
    }
    this.#changed.unref();
    const added = await this.#source?.buffersrcAddFrame(image) ?? -1;
    const got = added < 0 ? added : await this.#sink?.buffersinkGetFrame(this.#changed) ?? -1;
    if (got < 0) throw new VideoDecodeError("The video has images that cannot be converted");
    return this.#changed;
  }

  /** Frees the filters. */
  [Symbol.dispose](): void {
    this.#graph?.free();
    this.#changed.free();
  }

  async #build(format: string, size: Size, place: Place): Promise<void> {
    // Where building fails, nothing of the graph before may be used any more: its filters were freed with it.
    this.#builtFor = "";
    this.#graph?.free();
    const graph = this.#graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    const { transposed, filters } = this.#orientation;
    const { width, height, left, top } = place;
    const isWhole = width === size.width && height === size.height;
    // Scaling before turning leaves fewer pixels to turn.
    const scale = transposed ? `w=${height}:h=${width}` : `w=${width}:h=${height}`;
    const chain: FilterCall[] = [
      ["buffer", format],
      ["scale", `${scale}:flags=bilinear${this.#scaling}`],
      ...filters,
      ...isWhole ? [] : [["pad", `w=${size.width}:h=${size.height}:x=${left}:y=${top}`] as const],
      ...this.#further,
      ["buffersink", null],
    ];
    const contexts = chain.map(([name, args], index) => create(graph, name, index, args));
    for (const [index, context] of contexts.slice(1).entries()) {
      contexts[index]?.link(0, context, 0);
    }
    if (await graph.config() < 0) {
      throw new VideoDecodeError("The video has images that cannot be converted");
    }
    this.#source = contexts[0];
    this.#sink = contexts.at(-1);
  }
}

/** Matrices from which `scale` converts images of every format (ITU-T H.273, table 4). */
const KNOWN_MATRICES: ReadonlySet<number> = new Set([
  AVCOL_SPC_BT709,
  AVCOL_SPC_FCC,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_BT2020_NCL,
]);

/** Arguments of the `buffer` filter for images like this, whose times count frames. */
function describe({ width, height, format, colorSpace, colorRange }: Frame): string {
  return `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/${FRAMES_PER_SECOND}:pixel_aspect=1/1` +
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
    throw new VideoDecodeError("The video has images that cannot be converted");
  }
  return context;
}
