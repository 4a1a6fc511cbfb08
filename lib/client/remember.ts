/** Small things that the page remembers between visits, on this device only. */

/** What is remembered. */
export type MemoryKey =
  /** Identifier of the camera while the person wants it on, so that the next visit starts it. */
  | "livesyte.camera"
  /** What of the results is shown, as JSON. */
  | "livesyte.display"
  /** What the person calls the stream of this device. */
  | "livesyte.name"
  /** Identifier of the pipeline used last. */
  | "livesyte.pipeline"
  /** The token of this server, once it was accepted. */
  | "livesyte.token";

/** What was remembered; `null` when nothing was, or when this browser remembers nothing. */
export function recall(key: MemoryKey): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a value; forgets it with `null`. */
export function remember(key: MemoryKey, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse. Then the next visit begins as the first one.
  }
}
