/** How often a camera that has gone is looked for; the page is also told when devices come. */
const RETRY_MS = 5000;

/** Looks again and again whether a camera is back that ended by itself, as when a call takes it. */
export class CameraReturn {
  readonly #open: (cameraId: string) => Promise<void>;
  #cameraId: string | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isTrying = false;

  /**
   * Waits for nothing yet.
   *
   * @param open Tries to open a camera; when it succeeds it calls `forget`.
   */
  constructor(open: (cameraId: string) => Promise<void>) {
    this.#open = open;
  }

  /** Waits for this camera, and for no other, from now on; `null` for one that has no name. */
  expect(cameraId: string | null): void {
    this.forget();
    if (cameraId === null) return;
    this.#cameraId = cameraId;
    this.#timer = setInterval(() => this.tryNow(), RETRY_MS);
  }

  /** Waits no longer. */
  forget(): void {
    clearInterval(this.#timer);
    this.#cameraId = null;
  }

  /** Looks at once, where a camera is waited for. */
  async tryNow(): Promise<void> {
    if (this.#cameraId === null || this.#isTrying) return;
    this.#isTrying = true;
    await this.#open(this.#cameraId).finally(() => this.#isTrying = false);
  }
}
