/**
 * The decode process of a live source: sends the newest image as a JPEG whenever it is asked to.
 *
 * @module
 */

import type { Frame } from "node-av/lib";
import { fitWithin } from "../decode/display_geometry.ts";
import { FrameFilter } from "../decode/frame_filter.ts";
import type { LiveCommand, LiveRequest, RecordHead } from "../decode/frame_protocol.ts";
import { parseSourceAddress } from "../decode/source_address.ts";
import { SourceError } from "../decode/source_error.ts";
import type { Size } from "../../image/size.ts";
import { FramePicker } from "./frame_picker.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import { VideoDecodeError } from "../errors.ts";
import { Damage } from "./damage.ts";
import { HlsPlayer } from "./hls_player.ts";
import { JpegEncoder } from "./jpeg_encoder.ts";
import { type LiveImage, LiveSource } from "./live_source.ts";
import { NewestSlot } from "./newest_slot.ts";
import { wholeJpeg } from "./whole_jpeg.ts";

/** What the process has from those that started it. */
export interface LiveConnection {
  /** What the server says; the first command opens an address. */
  commands: AsyncIterator<LiveCommand>;
  /** Writes a record. */
  write(head: RecordHead, body?: Uint8Array): void;
  /** A function to be called for frames that are not sent: it tells from time to time that work goes on. */
  sayAlive(): () => void;
}

/**
 * Decodes a live source up to its end.
 *
 * @throws {SourceError} When it cannot be opened, or gives no more frames
 */
export async function runLive(request: LiveRequest, connection: LiveConnection): Promise<never> {
  const { value: first } = await connection.commands.next();
  if (first?.type !== "open") throw new SourceError("wrong_address");
  const source = await LiveSource.open(parseSourceAddress(first.address), request);
  connection.write({ type: "source", ...source.info });
  const sender = new FrameSender(source, request, connection);
  const video = new VideoOutput(
    source,
    request.fps,
    () => connection.write({ type: "unwritable" }),
  );
  obey(connection.commands, sender, video);
  const picker = new FramePicker(request.fps);
  const images = source.images({
    isDue: (timeMs) => picker.isDue(timeMs),
    mustDecode: (jpeg) => video.isPlaying || !sender.canPass(jpeg),
    onSkipped: () => sender.skip(),
  });
  for await (const image of images) {
    const takenAtMs = performance.now();
    sender.offer(image, takenAtMs);
    await video.remember(image, takenAtMs);
  }
  throw new SourceError("ended");
}

async function obey(
  commands: AsyncIterator<LiveCommand>,
  sender: FrameSender,
  video: VideoOutput,
): Promise<void> {
  for (;;) {
    const { done, value } = await commands.next();
    if (done) return;
    if (value.type === "next") sender.ask();
    if (value.type === "play") video.play(value.directory);
    if (value.type === "annotate") video.annotate(value.frameIndex, value.result);
  }
}

/** The video that is made while somebody plays it; what goes wrong with it ends it, and nothing else. */
class VideoOutput {
  readonly #source: LiveSource;
  readonly #fps: number;
  readonly #onFailure: () => void;
  #player: HlsPlayer | undefined;

  constructor(source: LiveSource, fps: number, onFailure: () => void) {
    this.#source = source;
    this.#fps = fps;
    this.#onFailure = onFailure;
  }

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }

  play(directory: string | null): void {
    this.#end(this.#player);
    if (directory === null) return;
    const { info, orientation } = this.#source;
    const fps = Math.min(this.#fps, info.fps ?? this.#fps);
    this.#player = new HlsPlayer(directory, { shown: info, orientation, fps });
  }

  async remember({ index, image }: LiveImage, takenAtMs: number): Promise<void> {
    const player = this.#player;
    if (image === null) return;
    await player?.remember(index, image, takenAtMs).catch(() => this.#fail(player));
  }

  annotate(index: number, result: PipelineResult): void {
    const player = this.#player;
    player?.annotate(index, result).catch(() => this.#fail(player));
  }

  #fail(player: HlsPlayer): void {
    if (player === this.#player) this.#onFailure();
    this.#end(player);
  }

  #end(player: HlsPlayer | undefined): void {
    if (player === undefined || player !== this.#player) return;
    this.#player = undefined;
    player.close().catch(() => {});
  }
}

/** An image that waits to be sent. */
interface WaitingImage extends Disposable {
  index: number;
  takenAtMs: number;
  shown: Size;
  /** Ready to be sent, or still to be scaled and encoded. */
  content: Uint8Array | Frame;
}

/** JPEGs have few colours' worth of tables: what they are made of is BT.601 in its full range (JFIF 1.02). */
const JPEG_COLORS = "out_color_matrix=bt601:out_range=full";

/**
 * Sends the newest image when it is asked for one. It lives as long as the process, and frees nothing: a thread of FFmpeg's may
 * still be at work on an image when the source ends.
 */
class FrameSender {
  readonly #request: LiveRequest;
  readonly #connection: LiveConnection;
  readonly #scaler: FrameFilter;
  readonly #encoder = new JpegEncoder();
  readonly #isUpright: boolean;
  readonly #slot = new NewestSlot<WaitingImage>((image) => this.#send(image));
  readonly #skip: () => void;
  readonly #damage = new Damage();
  #hasFailed = false;

  constructor({ orientation }: LiveSource, request: LiveRequest, connection: LiveConnection) {
    this.#request = request;
    this.#connection = connection;
    this.#isUpright = orientation.filters.length === 0;
    this.#scaler = new FrameFilter(orientation, [["format", "pix_fmts=yuvj420p"]], JPEG_COLORS);
    this.#skip = connection.sayAlive();
  }

  /** Whether a JPEG of the source can be sent as it is. */
  canPass(jpeg: Uint8Array): boolean {
    return this.#pass(jpeg) !== undefined;
  }

  ask(): void {
    this.#slot.ask();
  }

  skip(): void {
    // Nobody reads what is said without being asked for.
    if (this.#slot.isAsked) this.#skip();
  }

  /** Puts an image in place of the one that waits. @throws {SourceError} If none could be converted for long */
  offer({ index, image, jpeg, shown }: LiveImage, takenAtMs: number): void {
    if (this.#hasFailed) this.#damage.bad();
    const whole = jpeg === null ? undefined : this.#pass(jpeg);
    const frame = whole === undefined ? image?.clone() ?? null : null;
    const content = whole?.bytes ?? frame;
    if (content === null) return this.skip();
    this.#slot.put({
      index,
      takenAtMs,
      shown: whole ?? shown,
      content,
      [Symbol.dispose]: () => frame?.free(),
    });
  }

  #pass(jpeg: Uint8Array) {
    const whole = this.#isUpright ? wholeJpeg(jpeg) : undefined;
    if (whole === undefined) return undefined;
    const { width } = fitWithin(whole, this.#request.frameSize);
    return width === whole.width ? whole : undefined;
  }

  async #send({ index, takenAtMs, shown, content }: WaitingImage): Promise<void> {
    const size = content instanceof Uint8Array ? shown : fitWithin(shown, this.#request.frameSize);
    const jpeg = content instanceof Uint8Array ? content : await this.#convert(content, size);
    this.#hasFailed = jpeg === undefined;
    // The next one will do in its place.
    if (jpeg === undefined) return this.#slot.ask();
    this.#damage.good();
    const ageMs = Math.round(performance.now() - takenAtMs);
    const replaced = this.#slot.takeReplaced();
    const { width, height } = size;
    this.#connection.write(
      { type: "jpeg", frameIndex: index, width, height, ageMs, replaced },
      jpeg,
    );
  }

  /** The image as a JPEG; `undefined` if it cannot be one. */
  async #convert(image: Frame, size: Size): Promise<Uint8Array | undefined> {
    try {
      return await this.#encoder.encode(await this.#scaler.apply(image, size));
    } catch (error) {
      if (error instanceof VideoDecodeError) return undefined;
      throw error;
    }
  }
}
