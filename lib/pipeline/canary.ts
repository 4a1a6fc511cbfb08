/**
 * An image with known content, to check that detection works.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";

/** The image: a dog. */
export const CANARY = new URL("./canary.jpg", import.meta.url);

/** What has to be seen in it. */
const CANARY_LABEL = "dog";

/** Highest threshold at which every model of the catalogue sees it. */
const CANARY_CONFIDENCE = 0.5;

/**
 * Runs detection on the image, and returns whether the dog was found.
 *
 * With a model of other classes, or a threshold so high that the dog may be missed, an answer is enough.
 *
 * @param labels The classes of the model
 * @param confidence Confidence that a detection has to exceed, between 0 and 1
 */
export async function findsCanary(
  look: (image: Uint8Array) => Promise<PipelineResult>,
  labels: readonly string[],
  confidence: number,
): Promise<boolean> {
  const mustFind = labels.includes(CANARY_LABEL) && confidence <= CANARY_CONFIDENCE;
  try {
    const { detections } = await look(await Deno.readFile(CANARY));
    return !mustFind || detections.some(({ label }) => label === CANARY_LABEL);
  } catch {
    return false;
  }
}
