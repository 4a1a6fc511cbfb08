/**
 * Makes a video of a live source with results drawn in; used in the decode process only.
 *
 * @module
 */

import type { Frame } from "node-av/lib";
import { formatScriptEvents, formatScriptHead } from "../annotate/annotation_script.ts";
import type { Orientation } from "../decode/display_geometry.ts";
import { FrameFilter } from "../decode/frame_filter.ts";
import { type HlsVariant, hlsVariants } from "../decode/hls_variants.ts";
import { VideoDecodeError } from "../errors.ts";
import type { Size } from "../../image/size.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import { SerialQueue } from "../serial_queue.ts";
import { HlsWriter } from "./hls_writer.ts";
import { writeFile } from "./write_file.ts";

/** Images that wait for their results; what a result takes longer for than these is not shown. */
const MAX_WAITING = 8;

/** Results that wait to be drawn; where drawing is too slow for more, some images are left out. */
const MAX_QUEUED = 2;

const UPRIGHT: Orientation = { transposed: false, filters: [] };
const PLAIN = [["format", "pix_fmts=yuv420p"]] as const;

/** Name of the script that is drawn into the next image. */
const SCRIPT = "annotation.ass";

/** An image that waits for its result. */
interface WaitingImage {
  index: number;
  takenAtMs: number;
  image: Frame;
}

/** What a video is made of. */
export interface PlayedSource {
  /** Size at which it is shown, in pixels; images of other sizes are stretched to it. */
  shown: Size;
  /** How its images have to be turned. */
  orientation: Orientation;
  /** Images a second, more or less. */
  fps: number;
}

/** A video that is being made, in all qualities that the source has. */
export class HlsPlayer {
  readonly #directory: string;
  readonly #source: PlayedSource;
  readonly #variants: readonly HlsVariant[];
  readonly #shrinker: FrameFilter;
  readonly #scalers: FrameFilter[];
  readonly #queue = new SerialQueue();
  #waiting: WaitingImage[] = [];
  #queued = 0;
  #shrinking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #writer: HlsWriter | undefined;
  #startMs: number | undefined;

  /**
   * Makes nothing until there is a result.
   *
   * @param directory Of its files; it has to be there
   */
  constructor(directory: string, source: PlayedSource) {
    this.#directory = directory;
    this.#source = source;
    this.#variants = hlsVariants(source.shown);
    this.#shrinker = new FrameFilter(source.orientation, PLAIN, "out_range=limited");
    this.#scalers = this.#variants.slice(1).map(() => new FrameFilter(UPRIGHT, PLAIN));
  }

  /**
   * Keeps an image until its result is there.
   *
   * @param index As {@linkcode annotate} will name it
   */
  remember(index: number, image: Frame, takenAtMs: number): Promise<void> {
    this.#shrinking = this.#shrink(index, image, takenAtMs);
    return this.#shrinking;
  }

  /** Draws what was found in an image and adds it to the video, if the image is still there; earlier ones are given up. */
  async annotate(index: number, result: PipelineResult): Promise<void> {
    const found = this.#waiting.find((waiting) => waiting.index === index);
    if (found === undefined) return;
    for (const { image } of this.#waiting.filter((each) => each.index < index)) image.free();
    this.#waiting = this.#waiting.filter((each) => each.index > index);
    this.#queued++;
    await this.#queue.run(async () => {
      try {
        if (!this.#isClosed && this.#queued <= MAX_QUEUED) await this.#add(found, result);
      } finally {
        this.#queued--;
        found.image.free();
      }
    });
  }

  /** Ends the video; its files stay. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#shrinking.catch(() => {});
    await this.#queue.run(async () => {
      await this.#writer?.close();
      for (const { image } of this.#waiting.splice(0)) image.free();
      for (const filter of [this.#shrinker, ...this.#scalers]) filter[Symbol.dispose]();
    });
  }

  async #shrink(index: number, image: Frame, takenAtMs: number): Promise<void> {
    using source = image.clone();
    const [best] = this.#variants;
    if (source === null || best === undefined || this.#isClosed) return;
    const small = (await this.#shrinker.apply(source, best)).clone();
    if (small === null) return;
    this.#waiting.push({ index, takenAtMs, image: small });
    while (this.#waiting.length > MAX_WAITING) this.#waiting.shift()?.image.free();
  }

  async #add({ image, takenAtMs }: WaitingImage, result: PipelineResult): Promise<void> {
    const [best] = this.#variants;
    if (best === undefined) return;
    this.#writer ??= await HlsWriter.open(this.#directory, {
      variants: this.#variants,
      fps: this.#source.fps,
    });
    this.#startMs ??= takenAtMs;
    this.#writeScript(result, best);
    const filename = escapeOption(`${this.#directory}/${SCRIPT}`);
    // The filter reads a script once, when it is made.
    using drawing = new FrameFilter(UPRIGHT, [["ass", `filename=${filename}`], ...PLAIN]);
    image.pts = 0n;
    const drawn = [await drawing.apply(image, best)];
    for (const [index, scaler] of this.#scalers.entries()) {
      const [size, copy] = [this.#variants[index + 1], drawn[0]?.clone()];
      if (size === undefined || !copy) throw new VideoDecodeError("The video cannot be written");
      drawn.push(await scaler.apply(copy, size));
      copy.free();
    }
    await this.#writer.write(drawn, takenAtMs - this.#startMs);
  }

  #writeScript(result: PipelineResult, size: Size): void {
    const style = { size, frameStride: 1 };
    const frame = { frame_index: 0, timestamp_ms: 0, result };
    const script = formatScriptHead(style) + formatScriptEvents(frame, style);
    writeFile(`${this.#directory}/${SCRIPT}`, script);
  }
}

/** A value as it is, within the options of a filter. */
function escapeOption(value: string): string {
  return value.replace(/[\\':]/g, "\\$&");
}
