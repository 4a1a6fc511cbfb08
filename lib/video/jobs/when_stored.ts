/**
 * Waits for a disk that cannot be written now.
 *
 * @module
 */

import { StorageFullError, StorageUnavailableError } from "../errors.ts";

/** How long it takes until a change is tried again. */
const RETRY_MS = 1000;

/**
 * Makes a change, again and again until the disk takes it.
 *
 * @param onWait Called once, before the first pause
 * @throws What `change` throws for other reasons, and the reason of `signal` once it is aborted
 */
export async function whenStored<T>(
  change: () => Promise<T>,
  { onWait, signal }: { onWait: () => void; signal: AbortSignal },
): Promise<T> {
  for (let hasWaited = false;; hasWaited = true) {
    try {
      return await change();
    } catch (error) {
      const canRecover = error instanceof StorageFullError ||
        error instanceof StorageUnavailableError;
      if (!canRecover) throw error;
    }
    if (!hasWaited) onWait();
    await pause(RETRY_MS, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
