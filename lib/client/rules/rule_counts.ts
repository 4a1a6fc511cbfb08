/** What the rules of a camera count. */

import { CameraCountsSchema } from "../../protocol/camera.ts";
import type { Rule, RuleCounts } from "../../protocol/rule.ts";
import { apiUrl, read, request } from "../server_api.ts";

const REFRESH_MS = 1000;

/**
 * Keeps the counts of a camera up to date while the page is seen.
 *
 * @returns Ends it.
 */
export function watchCounts(
  page: string,
  id: string,
  onCounts: (counts: RuleCounts[]) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const controller = new AbortController();
  const { signal } = controller;
  const ask = async () => {
    try {
      if (!document.hidden) {
        const answer = await request(apiUrl(page, `/camera/${id}/counts`), { signal });
        onCounts(read(CameraCountsSchema, answer).counts);
      }
    } catch {
      // The list of cameras tells what is wrong.
    }
    if (!signal.aborted) timer = setTimeout(ask, REFRESH_MS);
  };
  ask();
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

/** Counts in a few words, such as `2 inside · 5 events`; empty before they are known. */
export function describeCounts(
  counts: RuleCounts | undefined,
  { when }: Pick<Rule, "when">,
): string {
  if (counts === undefined) return "";
  const { inside, in: inwards, out, events } = counts;
  const words = when === "cross"
    ? [`${inwards} in`, `${out} out`]
    : when === "text"
    ? []
    : [`${inside} inside`];
  return [...words, events === 1 ? "1 event" : `${events} events`].join(" · ");
}
