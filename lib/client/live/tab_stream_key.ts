import { createStreamKey } from "../../../client/stream_key.ts";

const KEPT = "livesyte.stream_key";

/**
 * The stream key of this tab, so that the link to its stream still leads there after a reload.
 *
 * A tab that was duplicated has the same; of the two, the one that was connected last streams.
 */
export function tabStreamKey(): string {
  try {
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const key = createStreamKey();
    sessionStorage.setItem(KEPT, key);
    return key;
  } catch {
    // Private windows may refuse. Then the link ends with the page.
    return createStreamKey();
  }
}
