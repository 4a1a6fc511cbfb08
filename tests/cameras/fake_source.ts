/** Sources of cameras that give frames, and fail, when a test says so. */

import { type CameraSource, type OpenSource } from "../../lib/cameras/camera_source.ts";
import { CameraService } from "../../lib/cameras/camera_service.ts";
import { parseConfig } from "../../lib/config.ts";
import type { CameraView } from "../../lib/protocol/camera.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { StreamServer } from "../../lib/streaming/stream_server.ts";
import { MINIMAL_FRAME, RESULT, SESSION_OPTIONS } from "../streaming/simulated_stream.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { RememberedEvents } from "../events/remembered_events.ts";

/** What a source tells of its failure. */
export class FakeSourceError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A source that is open. */
class FakeSource implements CameraSource {
  readonly info = { width: 16, height: 16, fps: 25, codec: "mjpeg" };
  readonly url: string;
  droppedFrames = 0;
  isClosed = false;
  hasVideoFailed = false;
  playsIn: string | undefined;
  readonly annotated: number[] = [];
  readonly #frames: (Uint8Array<ArrayBuffer> | FakeSourceError)[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor(url: string, signal: AbortSignal | undefined) {
    this.url = url;
    signal?.addEventListener("abort", () => this.fail("crashed", "Aborted"));
  }

  give(): void {
    this.#push(MINIMAL_FRAME.slice());
  }

  fail(code: string, message: string): void {
    this.#push(new FakeSourceError(code, message));
  }

  #push(next: Uint8Array<ArrayBuffer> | FakeSourceError): void {
    this.#frames.push(next);
    this.#arrived.resolve();
  }

  async *frames(): AsyncGenerator<{ jpeg: Uint8Array<ArrayBuffer>; frameIndex: number }> {
    for (let frameIndex = 0;; frameIndex += 1) {
      while (this.#frames.length === 0) {
        await this.#arrived.promise;
        this.#arrived = Promise.withResolvers();
      }
      const next = this.#frames.shift();
      if (next instanceof FakeSourceError) throw next;
      if (next !== undefined) yield { jpeg: next, frameIndex };
    }
  }

  play(hls: { directory: string } | null): void {
    this.hasVideoFailed = false;
    this.playsIn = hls?.directory;
  }

  annotate(frameIndex: number): void {
    this.annotated.push(frameIndex);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** Everything that was opened. */
export class FakeSources {
  readonly opened: FakeSource[] = [];
  /** Why nothing can be opened, for as long as it is set. */
  refusal: FakeSourceError | undefined;

  readonly open: OpenSource = (url, { signal }) => {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    const source = new FakeSource(url, signal);
    this.opened.push(source);
    return Promise.resolve(source);
  };

  /** The one that was opened last. */
  get newest(): FakeSource {
    const source = this.opened.at(-1);
    if (source === undefined) throw new Error("Nothing was opened");
    return source;
  }

  /** Number of those that are open now. */
  get openCount(): number {
    return this.opened.filter(({ isClosed }) => !isClosed).length;
  }
}

/** A pipeline that finds nothing, at once. */
export const INSTANT: FrameProcessor = {
  isValidPipeline: (id) => id === "test",
  runOnFrame: () => Promise.resolve(RESULT),
};

/** Cameras with fake sources. */
export class FakeCameras implements AsyncDisposable {
  readonly sources: FakeSources = new FakeSources();
  readonly streams: StreamServer;
  readonly service: CameraService;
  /** Frames that were drawn into. */
  drawings = 0;
  readonly #directory: string;

  constructor(directory: string, processor: FrameProcessor = INSTANT) {
    this.#directory = directory;
    const { stream } = parseConfig({ STREAM_MAX_SESSIONS: "1" });
    this.streams = new StreamServer(processor, stream, SESSION_OPTIONS.qualities);
    this.service = new CameraService({
      events: new RememberedEvents(),
      file: undefined,
      idleGraceMs: 30_000,
      dataDirectory: directory,
      streams: this.streams,
      openSource: this.sources.open,
      isSourceFailure: (error) => error instanceof FakeSourceError,
      isValidPipeline: processor.isValidPipeline,
      checkRules: () => {},
      frameSize: () => ({ width: 640, height: 480 }),
      hlsQualities: ({ width, height }) => [{ level: "360p", bitrate: 600, width, height }],
      draw: (jpeg) => {
        this.drawings += 1;
        return Promise.resolve(jpeg.slice());
      },
    });
    this.service.start();
  }

  /** Adds a camera named `door`. */
  add(changes: Record<string, unknown> = {}): void {
    const url = "rtsp://admin:secret@10.0.0.7/live";
    void this.service.add({ id: "door", name: "Door", url, pipeline_id: "test", ...changes });
  }

  /** Names of the files in the data directory. */
  get files(): string[] {
    return Array.from(Deno.readDirSync(this.#directory), ({ name }) => name).toSorted();
  }

  /** What clients are told of it. */
  get door(): CameraView {
    const view = this.service.list().find(({ id }) => id === "door");
    if (view === undefined) throw new Error("There is no camera door");
    return view;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop();
    await this.streams.stop(0);
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** Makes them, in a folder of their own. */
export async function fakeCameras(processor?: FrameProcessor): Promise<FakeCameras> {
  const { path } = await temporaryDirectory();
  return new FakeCameras(path, processor);
}
