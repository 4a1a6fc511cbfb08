import { expect } from "expect";
import type { BoundingBox } from "../../../lib/protocol/geometry.ts";
import { createRandom } from "../../streaming/mutate_frame.ts";
import {
  type NumberedBox,
  type ScoredFrame,
  scoreTracking,
  type TrackingScore,
} from "./tracking_score.ts";

/** How wrong a made-up tracker is: shares of boxes, and pixels. */
interface Faults {
  missed: number;
  invented: number;
  switched: number;
  shakenBy: number;
}

/** Objects that go to and fro, and a tracker that makes mistakes, the same in every run. */
function madeUpTracking(seed: number, faults: Faults): ScoredFrame[] {
  const random = createRandom(seed);
  const objects = Array.from({ length: 6 }, (_, index) => ({
    id: index + 1,
    start: random() * 300,
    speed: random() * 8 - 4,
    size: 30 + random() * 50,
  }));
  let highest = objects.length;
  const idOf = new Map(objects.map(({ id }) => [id, id]));
  return Array.from({ length: 60 }, (_, time) => {
    const truth: NumberedBox[] = [];
    const tracked: NumberedBox[] = [];
    for (const { id, start, speed, size } of objects) {
      // Each is away for some of the time.
      if ((time + 9 * id) % 50 < 6) continue;
      const bbox: BoundingBox = [start + speed * time, 20 * id, size, size * 1.5];
      truth.push({ id, bbox });
      if (random() < faults.switched) idOf.set(id, random() < 0.5 ? 1 + time % 6 : ++highest);
      if (random() < faults.missed) continue;
      const shaken = bbox.map((value) => value + (random() - 0.5) * faults.shakenBy) as BoundingBox;
      const number = idOf.get(id) ?? id;
      if (!tracked.some((other) => other.id === number)) tracked.push({ id: number, bbox: shaken });
    }
    if (random() < faults.invented) {
      tracked.push({ id: 1000 + time % 7, bbox: [random() * 300, random() * 100, 40, 60] });
    }
    return { truth, tracked };
  });
}

/** What TrackEval (commit 12c8791) gives for these, as the mean over its overlaps; of CLEAR, `IDSW`. */
const TRACK_EVAL: [seed: number, faults: Faults, expected: TrackingScore][] = [
  [
    1,
    { missed: 0, invented: 0, switched: 0, shakenBy: 6 },
    { hota: 0.889106078, detA: 0.887251388, assA: 0.891061581, switches: 0 },
  ],
  [
    2,
    { missed: 0.1, invented: 0.3, switched: 0.02, shakenBy: 10 },
    { hota: 0.608671849, detA: 0.684837437, assA: 0.542021831, switches: 7 },
  ],
  [
    3,
    { missed: 0.3, invented: 0.6, switched: 0.1, shakenBy: 25 },
    { hota: 0.236677919, detA: 0.352603109, assA: 0.160164016, switches: 28 },
  ],
  [
    4,
    { missed: 0.05, invented: 0.1, switched: 0.01, shakenBy: 40 },
    { hota: 0.309781439, detA: 0.342199708, assA: 0.281133146, switches: 9 },
  ],
];

Deno.test("scoreTracking gives the figures of TrackEval", () => {
  for (const [seed, faults, expected] of TRACK_EVAL) {
    const { switches, ...scores } = scoreTracking(madeUpTracking(seed, faults));
    expect(switches).toBe(expected.switches);
    for (const name of ["hota", "detA", "assA"] as const) {
      expect([name, scores[name].toFixed(9)]).toEqual([name, expected[name].toFixed(9)]);
    }
  }
});

Deno.test("scoreTracking gives 1 for what is followed without a fault, and 0 where nothing is", () => {
  const truth: NumberedBox[] = [{ id: 7, bbox: [0, 0, 10, 10] }, { id: 8, bbox: [5, 0, 10, 10] }];
  const frames = Array.from({ length: 9 }, () => ({ truth, tracked: truth }));
  expect(scoreTracking(frames)).toEqual({ hota: 1, detA: 1, assA: 1, switches: 0 });
  const missed = { truth, tracked: [] };
  const invented = { truth: [], tracked: truth };
  expect(scoreTracking([missed, invented])).toEqual({ hota: 0, detA: 0, assA: 0, switches: 0 });
});
