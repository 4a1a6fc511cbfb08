/** Results as they would be of clips with known paths: a noisy detector, and the real tracker. */

import { Tracker } from "../../lib/detection/tracker.ts";
import type { NoticedEvent } from "../../lib/protocol/event.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { TextBlock } from "../../lib/protocol/text_block.ts";
import type { Rule } from "../../lib/protocol/rule.ts";
import { parseRules } from "../../lib/events/parse_rules.ts";
import { RuleEvaluator } from "../../lib/events/rule_evaluator.ts";
import { sceneFrames } from "../detection/tracking/clips.ts";
import { type DetectorNoise, NoisyDetector } from "../detection/tracking/noisy_detector.ts";
import {
  type Actor,
  CLIP_SIZE,
  type Kind,
  type Place,
  type Scene,
} from "../detection/tracking/scene.ts";

/** A frame, and when it was taken. */
export interface TimedResult {
  atMs: number;
  result: PipelineResult;
}

/** What goes wrong in a clip, beside the noise of every frame: see {@linkcode makeClip}. */
export interface ClipFaults extends DetectorNoise {
  seed?: number;
  /** The first of five frames in which nothing is found, again after so many frames. */
  blindEvery?: number;
  /** Every so many frames, all objects are taken for a bench. */
  misnamedEvery?: number;
}

/** Frames in a row that are blind. */
const BLIND_FRAMES = 5;

/** A result without anything in it. */
export function emptyResult(image: { width: number; height: number } = CLIP_SIZE): PipelineResult {
  return {
    image,
    detections: [],
    text_blocks: [],
    text: "",
    text_frame_index: null,
    timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
    models: { detector: "noisy", recognizer: null },
  };
}

/** An object whose feet go from place to place, at times in seconds; it is away before the first and after the last. */
export function walker(
  kind: Kind,
  height: number,
  feet: readonly [time: number, ...Place][],
): Actor {
  return {
    kind,
    height,
    path(time) {
      const next = feet.findIndex(([at]) => at >= time);
      const [before, after] = [feet[next - 1] ?? feet[next], feet[next]];
      if (before === undefined || after === undefined || time < (feet[0]?.[0] ?? 0)) {
        return undefined;
      }
      const length = after[0] - before[0];
      const share = length === 0 ? 0 : (time - before[0]) / length;
      return [
        before[1] + (after[1] - before[1]) * share,
        before[2] + (after[2] - before[2]) * share - height / 2,
      ];
    },
  };
}

/** The results of a scene that a noisy detector looks at, with tracks. */
export function makeClip(
  scene: Scene,
  { seed = 1, blindEvery, misnamedEvery, ...noise }: ClipFaults = {},
): TimedResult[] {
  const detector = new NoisyDetector(seed, noise);
  const tracker = new Tracker();
  return Array.from(sceneFrames(scene), ({ arrivedMs, actors }, index) => {
    const isBlind = blindEvery !== undefined && index > 0 && index % blindEvery < BLIND_FRAMES &&
      index >= blindEvery;
    const isMisnamed = misnamedEvery !== undefined && index % misnamedEvery === misnamedEvery - 1;
    const found = isBlind ? [] : detector.detect(actors)
      .map((each) => isMisnamed ? { ...each, label: "bench", class_id: 13 } : each);
    const ids = tracker.update(found, arrivedMs);
    const detections = found.map((each, position): Detection => {
      const id = ids[position];
      return id === undefined ? each : { ...each, track_id: id };
    });
    return { atMs: arrivedMs, result: { ...emptyResult(), detections } };
  });
}

/** Results with text, read anew in each frame; a list of lines for each second. */
export function makeTextClip(
  seconds: readonly (readonly string[])[],
  framesPerSecond = 5,
): TimedResult[] {
  return Array.from({ length: seconds.length * framesPerSecond }, (_, index) => {
    const lines = seconds[Math.floor(index / framesPerSecond)] ?? [];
    const text_blocks = lines.map((text, row) => lineOf(text, row));
    return {
      atMs: 1000 * index / framesPerSecond,
      result: { ...emptyResult(), text_blocks, text_frame_index: index },
    };
  });
}

/** A line of text at the left, further down for each row. */
export function lineOf(text: string, row = 0): TextBlock {
  const [x, y, width, height] = [20, 20 + 40 * row, 200, 30];
  return {
    text,
    confidence: 0.9,
    bbox: [x, y, width, height],
    polygon: [[x, y], [x + width, y], [x + width, y + height], [x, y + height]],
  };
}

/** A rule that is checked, from what is said of it. */
export function rule(written: Partial<Rule> & Pick<Rule, "when">): Rule {
  const [checked] = parseRules([{ id: "rule", ...written }]);
  if (checked === undefined) throw new Error("There is no rule");
  return checked;
}

/** What rules notice in a clip, in seconds from its start. */
export function noticedIn(
  clip: readonly TimedResult[],
  rules: readonly Rule[],
): { second: number; event: NoticedEvent }[] {
  const evaluator = new RuleEvaluator(rules);
  return clip.flatMap(({ atMs, result }) =>
    evaluator.update(result, atMs).map((event) => ({ second: atMs / 1000, event }))
  );
}
