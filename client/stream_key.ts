/** Bytes of a stream key: 128 random bits. */
const BYTES = 16;

/** A secret by which the server gives the stream the same session id after a reconnect. */
export function createStreamKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
