/**
 * Counts what a camera does, for its view and for Prometheus.
 *
 * @module
 */

import type { StreamState } from "../protocol/session.ts";
import { cameraMetrics } from "../telemetry/metrics.ts";

/** Over which time answers are counted. */
const WINDOW_MS = 5000;

/** The figures of one camera. */
export class CameraMeters {
  readonly #camera: string;
  #state: StreamState = "idle";
  /** When the newest frames were answered, in monotonic milliseconds. */
  #answers: number[] = [];

  /** Begins with the state `idle`, and nothing counted. */
  constructor(camera: string) {
    this.#camera = camera;
    cameraMetrics.state.set({ camera, state: this.#state }, 1);
    cameraMetrics.frames.inc({ camera }, 0);
    cameraMetrics.restarts.inc({ camera }, 0);
    cameraMetrics.clients.set({ camera }, 0);
  }

  /** Frames a second that were answered, over the last seconds. */
  get answeredFps(): number {
    const now = performance.now();
    this.#forget(now);
    const [first = now] = this.#answers;
    // From the first answer, the time up to each of the others.
    return now === first ? 0 : (this.#answers.length - 1) / (now - first) * 1000;
  }

  /** Counts an answer. */
  answered(): void {
    const now = performance.now();
    this.#forget(now);
    this.#answers.push(now);
    cameraMetrics.frames.inc({ camera: this.#camera });
  }

  /** Counts a restart. */
  restarted(): void {
    cameraMetrics.restarts.inc({ camera: this.#camera });
  }

  /** Notes its state. */
  setState(state: StreamState): void {
    const camera = this.#camera;
    cameraMetrics.state.remove({ camera, state: this.#state });
    cameraMetrics.state.set({ camera, state }, 1);
    this.#state = state;
  }

  /** Notes how many look at it. */
  setClients(count: number): void {
    cameraMetrics.clients.set({ camera: this.#camera }, count);
  }

  /** Takes its figures out of the metrics. */
  remove(): void {
    const camera = this.#camera;
    cameraMetrics.state.remove({ camera, state: this.#state });
    cameraMetrics.frames.remove({ camera });
    cameraMetrics.restarts.remove({ camera });
    cameraMetrics.clients.remove({ camera });
  }

  #forget(now: number): void {
    this.#answers = this.#answers.filter((at) => now - at < WINDOW_MS);
  }
}
