/** A viewer of a camera that measures how old results are when they come. */

// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { readPictureNumber, type SimulatedCamera } from "./simulated_camera.ts";

/** What a viewer has counted. */
export interface ViewerReport {
  /** Results that have come. */
  answered: number;
  /** Milliseconds from the sending of each picture by the camera to its result, in the order in which they came. */
  ages: { atMs: number; ageMs: number }[];
  /** Reasons why the camera gave no frames. */
  errors: string[];
}

/** Watches a camera, with its frames, each of which tells which picture it is. */
export class CameraViewer {
  readonly #socket: WebSocket;
  readonly #shape: number;
  readonly #camera: SimulatedCamera | undefined;
  #report: ViewerReport = { answered: 0, ages: [], errors: [] };
  #resultAtMs = NaN;
  #reading: Promise<void> = Promise.resolve();
  /** Resolves with the milliseconds that the first result took. */
  readonly firstResult: Promise<number>;

  /**
   * Connects.
   *
   * @param shape Width of the pictures divided by their height
   * @param camera Where the pictures come from; without it, ages are not measured
   */
  constructor(serverUrl: string, cameraId: string, shape: number, camera?: SimulatedCamera) {
    this.#shape = shape;
    this.#camera = camera;
    const url = new URL(`/ws/cameras/${cameraId}?frames=1`, serverUrl);
    url.protocol = "ws:";
    const startedAt = performance.now();
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    const first = Promise.withResolvers<number>();
    this.firstResult = first.promise;
    this.#socket.on("error", (error) => first.reject(error));
    this.#socket.on("message", (data, isBinary) => {
      const now = performance.now();
      if (isBinary) return this.#receiveFrame(new Uint8Array(data as Uint8Array));
      const message = JSON.parse(String(data));
      if (message.last_error) this.#report.errors.push(message.last_error.code);
      if (!("result" in message)) return;
      this.#report.answered += 1;
      this.#resultAtMs = now;
      first.resolve(now - startedAt);
    });
  }

  /** Forgets what it has counted so far. */
  reset(): void {
    this.#report = { answered: 0, ages: [], errors: [] };
  }

  /** What it has counted since {@linkcode reset}. */
  async report(): Promise<ViewerReport> {
    const report = this.#report;
    await this.#reading;
    return report;
  }

  /** Disconnects. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.close();
    await closed;
  }

  #receiveFrame(jpeg: Uint8Array): void {
    const [camera, report, atMs] = [this.#camera, this.#report, this.#resultAtMs];
    if (camera === undefined) return;
    this.#reading = this.#reading.then(async () => {
      const sentAt = camera.sentAt(await readPictureNumber(jpeg, this.#shape));
      if (sentAt !== undefined) report.ages.push({ atMs, ageMs: atMs - sentAt });
    });
  }
}
