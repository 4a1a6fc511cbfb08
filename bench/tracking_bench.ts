/**
 * Measures how well objects are followed: `deno task bench:tracking`.
 *
 * @module
 */

import { noisyClips } from "../tests/detection/tracking/clips.ts";
import { filmedClips } from "../tests/detection/tracking/filmed_clips.ts";
import { followClip } from "../tests/detection/tracking/follow_clip.ts";
import type { TrackingScore } from "../tests/detection/tracking/tracking_score.ts";

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function printScore(name: string, { hota, detA, assA, switches }: TrackingScore): void {
  const scores = [hota, detA, assA].map((score) => (100 * score).toFixed(1).padStart(6));
  const columns = [name.padEnd(55), ...scores, String(switches).padStart(9)];
  print(columns.join(" "));
}

print(["clip".padEnd(55), "  HOTA", "  DetA", "  AssA", " switches"].join(" "));
const scores = [...noisyClips(), ...await filmedClips()].map((clip) => {
  const score = followClip(clip);
  printScore(clip.name, score);
  return score;
});
const mean = (of: keyof TrackingScore) =>
  scores.reduce((sum, score) => sum + score[of], 0) / scores.length;
const switches = scores.reduce((sum, score) => sum + score.switches, 0);
printScore("mean, and all switches", {
  hota: mean("hota"),
  detA: mean("detA"),
  assA: mean("assA"),
  switches,
});
