import type { Reading } from "./decode_ctc.ts";

/**
 * Settles on one text from several readings of a line.
 *
 * The length is voted on first, then each character among the readings of that length; a vote weighs as much
 * as its reading is sure, and of equals the newer wins.
 *
 * @param readings Oldest first.
 * @returns The text, and the mean confidence of the readings of its length; empty for no readings.
 */
export function settleText(readings: readonly Reading[]): Reading {
  const candidates = readings.map(({ text, confidence }) => ({
    characters: [...text],
    confidence,
  }));
  const length = elect(
    candidates.map(({ characters, confidence }) => [characters.length, confidence]),
  ) ?? 0;
  const voters = candidates.filter(({ characters }) => characters.length === length);
  const text = Array.from(
    { length },
    (_, i) =>
      elect(voters.map(({ characters, confidence }) => [characters[i] ?? "", confidence])) ?? "",
  ).join("");
  const sum = voters.reduce((total, { confidence }) => total + confidence, 0);
  return { text, confidence: voters.length === 0 ? 0 : sum / voters.length };
}

/** The choice with the most weight; of equals the one voted for last. */
function elect<Choice>(votes: readonly (readonly [Choice, number])[]): Choice | undefined {
  const weights = new Map<Choice, number>();
  for (const [choice, weight] of votes.toReversed()) {
    weights.set(choice, (weights.get(choice) ?? 0) + weight);
  }
  let best: Choice | undefined;
  for (const [choice, weight] of weights) {
    if (best === undefined || weight > (weights.get(best) ?? 0)) best = choice;
  }
  return best;
}
