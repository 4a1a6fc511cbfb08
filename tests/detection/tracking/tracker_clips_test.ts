import { expect } from "expect";
import { type Clip, noisyClips } from "./clips.ts";
import { filmedClips } from "./filmed_clips.ts";
import { followClip } from "./follow_clip.ts";

/** The least HOTA, and the most switches, of each clip; TrackEval gives the same for what the tracker makes of them. */
const EXPECTED: Readonly<Record<string, { hota: number; switches: number }>> = {
  "two people cross": { hota: 0.79, switches: 1 },
  "a dog overtakes another": { hota: 0.7, switches: 1 },
  "three dogs pass behind a pillar": { hota: 0.5, switches: 3 },
  "a crowd of twelve": { hota: 0.67, switches: 7 },
  "cars that may be trucks": { hota: 0.85, switches: 0 },
  "four frames a second": { hota: 0.89, switches: 0 },
  "answers that come late": { hota: 0.84, switches: 0 },
  "turns, a camera that shakes, missed and invented boxes": { hota: 0.65, switches: 1 },
  // What the real detector finds differs a little between machines.
  "a person and two dogs, filmed": { hota: 0.76, switches: 4 },
  "three horses, filmed": { hota: 0.8, switches: 3 },
};

function expectFollowed(clips: readonly Clip[]): void {
  for (const clip of clips) {
    const { hota, switches } = followClip(clip);
    const expected = EXPECTED[clip.name] ?? { hota: NaN, switches: NaN };
    expect({ clip: clip.name, hota, isEnough: hota >= expected.hota })
      .toEqual({ clip: clip.name, hota, isEnough: true });
    expect({ clip: clip.name, switches, isFew: switches <= expected.switches })
      .toEqual({ clip: clip.name, switches, isFew: true });
  }
}

Deno.test("Tracker follows the objects of eight made clips through noise, crossings and gaps", () => {
  const clips = noisyClips();
  expect(clips).toHaveLength(8);
  expectFollowed(clips);
});

Deno.test("Tracker follows what the detector finds in two clips put together from photographs", async () => {
  const clips = await filmedClips();
  expect(clips).toHaveLength(2);
  for (const { frames } of clips) {
    // The detector finds most of what is there; else this would be a test of nothing.
    const boxes = frames.reduce((sum, { detections }) => sum + detections.length, 0);
    const objects = frames.reduce((sum, { truth }) => sum + truth.length, 0);
    expect(boxes / objects).toBeGreaterThan(0.9);
  }
  expectFollowed(clips);
});

Deno.test("Tracker follows by the time of arrival what the time of late answers would tear apart", () => {
  const late = noisyClips().find(({ name }) => name === "answers that come late") as Clip;
  const byAnswer = followClip(late, "answeredMs");
  const byArrival = followClip(late, "arrivedMs");
  expect(byAnswer.switches).toBeGreaterThan(10);
  expect(byArrival.switches).toBe(0);
  expect(byArrival.hota).toBeGreaterThan(byAnswer.hota + 0.1);
});
