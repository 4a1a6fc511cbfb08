/**
 * Puts the result of a pipeline together from what its nodes have found.
 *
 * @module
 */

import { roundToTenths } from "../image/round_to_tenths.ts";
import type { PipelineResult, StageTimings } from "../protocol/result.ts";
import type { FrameOutcome } from "./pipeline_executor.ts";
import type { PipelinePlan, PlannedNode } from "./pipeline_plan.ts";

/** What a node with an interval has last told. */
export interface NodeAge {
  /** The frame that its value is of; `null` before the first. */
  frameIndex: number | null;
  /** Milliseconds that the run took; 0 where they have been told before. */
  ms: number;
}

/** What a result is made of, beside what was found. */
export interface ResultParts {
  /** The pipeline. */
  plan: PipelinePlan;
  /** What ran with the frame. */
  outcome: FrameOutcome;
  /** Number of the frame, as the client counts. */
  frameIndex: number;
  /** When the frame came, in monotonic milliseconds. */
  startedMs: number;
  /** What ran beside the frames; the other nodes are of this frame. */
  ages: ReadonlyMap<PlannedNode, NodeAge>;
  /** Names of the models that were used. */
  models: PipelineResult["models"];
}

/** Puts a result together. */
export function toResult(parts: ResultParts): PipelineResult {
  const { plan, outcome: { findings }, frameIndex, ages, models } = parts;
  const { image, detections, textBlocks, classes } = findings;
  const reader = plan.nodes.find(({ step }) => step.produces === "lines");
  const readFrom = reader === undefined ? null : ages.get(reader)?.frameIndex;
  const others = [...ages].filter(([node]) => node !== reader);
  return {
    image,
    detections,
    ...(classes && { classes }),
    text_blocks: textBlocks,
    text: textBlocks.map(({ text }) => text).join("\n"),
    text_frame_index: readFrom === undefined ? frameIndex : readFrom,
    ...Object.fromEntries(others.map(([{ id }, age]) => [`${id}_frame_index`, age.frameIndex])),
    timings_ms: toTimings(parts),
    models,
  };
}

function toTimings({ plan, outcome, startedMs, ages }: ResultParts): StageTimings {
  const { segments, mainTimes } = outcome;
  // What runs beside detection on other workers does not add to the time of the frame.
  const ofDetection = segments.filter(({ pool }) => pool === "detection");
  const leading = ofDetection.length > 0 ? ofDetection : segments;
  const sum = (of: typeof segments, value: (segment: typeof segments[number]) => number) =>
    of.reduce((total, segment) => total + value(segment), 0);
  const stages = {
    wait: sum(leading, ({ wait }) => wait),
    decode: sum(leading, ({ outcome }) => outcome.decodeMs),
    detect: 0,
    ocr: 0,
  };
  const ran: Record<string, number> = Object.assign(
    {},
    mainTimes,
    ...segments.map(({ outcome }) => outcome.times),
  );
  const nodes: Record<string, number> = {};
  for (const node of plan.nodes) {
    const { id, step } = node;
    const ms = step.runsOn === "anywhere" ? stages.decode : ran[id] ?? ages.get(node)?.ms ?? 0;
    if (step.stage === "detect" || step.stage === "ocr") stages[step.stage] += ms;
    if (ms > 0) nodes[id] = roundToTenths(ms);
  }
  return {
    wait: roundToTenths(stages.wait),
    decode: roundToTenths(stages.decode),
    detect: roundToTenths(stages.detect),
    ocr: roundToTenths(stages.ocr),
    total: roundToTenths(performance.now() - startedMs),
    nodes,
  };
}
