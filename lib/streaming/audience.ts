/**
 * The viewers of one stream.
 *
 * @module
 */

/** The part of a viewer's WebSocket that is needed here. */
export interface ViewerTransport {
  /** Bytes that have been sent and not yet taken by the network. */
  readonly bufferedAmount: number;
  /** Sends a text message, or a frame as a binary one. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Begins to close the connection with a WebSocket close code and its reason. */
  close(code: number, reason: string): void;
}

/** Unsent bytes above which a viewer counts as not reading. */
const MAX_BUFFERED_BYTES = 1_048_576;

/** Everyone who watches a stream; the stream waits for none of them. */
export class Audience {
  /** Viewers, and whether each wants the frames too. */
  readonly #viewers = new Map<ViewerTransport, boolean>();

  /** Whether any viewer wants the frames. */
  get wantsFrames(): boolean {
    return this.#viewers.values().some((wantsFrames) => wantsFrames);
  }

  /**
   * Lets a viewer in.
   *
   * @param wantsFrames Whether each result is followed by its JPEG
   */
  add(viewer: ViewerTransport, wantsFrames: boolean): void {
    this.#viewers.set(viewer, wantsFrames);
  }

  /** Lets a viewer go. */
  delete(viewer: ViewerTransport): void {
    this.#viewers.delete(viewer);
  }

  /**
   * Sends an answer to everyone, and its frame to those who want it and have nothing waiting.
   *
   * @param text The answer's JSON
   * @param frame The JPEG that it answers
   */
  send(text: string, frame?: Uint8Array<ArrayBuffer>): void {
    for (const [viewer, wantsFrames] of this.#viewers) {
      if (viewer.bufferedAmount > MAX_BUFFERED_BYTES) {
        this.#viewers.delete(viewer);
        viewer.close(1008, "slow_reader");
        continue;
      }
      // Looked at before the text goes out, which may itself be waiting a moment later.
      const isReading = viewer.bufferedAmount === 0;
      viewer.send(text);
      if (frame !== undefined && wantsFrames && isReading) viewer.send(frame);
    }
  }

  /** Ends the watching for everyone. */
  close(): void {
    for (const viewer of this.#viewers.keys()) viewer.close(1000, "stream_ended");
    this.#viewers.clear();
  }
}
