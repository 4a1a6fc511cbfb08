/**
 * Calls back when this device is online again, and when the page is seen again.
 *
 * @returns Ends it.
 */
export function onReturn(callback: () => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  globalThis.addEventListener("online", callback, { signal });
  document.addEventListener("visibilitychange", () => document.hidden || callback(), { signal });
  return () => controller.abort();
}
