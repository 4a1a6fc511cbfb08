/**
 * The result of a pipeline, out of what its parts have found.
 *
 * @module
 */

import type { PipelineResult, TextBlock } from "../protocol/stream_messages.ts";
import type { RunOutcome } from "./pipeline_runner.ts";
import type { PoolResult } from "../workers/worker_pool.ts";

/**
 * The result of a detection, without text.
 *
 * @param started When the frame came, in monotonic milliseconds
 */
export function describeDetection(
  { outcome: { findings, stages }, wait }: PoolResult<RunOutcome>,
  started: number,
  models: PipelineResult["models"],
): PipelineResult {
  const timings = { wait, ...stages, total: performance.now() - started };
  return {
    ...findings,
    text_blocks: [],
    text: "",
    text_frame_index: null,
    timings_ms: mapValues(timings, roundToTenths),
    models,
  };
}

/**
 * Adds text to a result.
 *
 * @param frameIndex The frame that it was read from; `null` for none
 * @param ocrMs How long the reading took
 */
export function addText(
  result: PipelineResult,
  textBlocks: TextBlock[],
  frameIndex: number | null,
  ocrMs: number,
): PipelineResult {
  return {
    ...result,
    text_blocks: textBlocks,
    text: textBlocks.map(({ text }) => text).join("\n"),
    text_frame_index: frameIndex,
    timings_ms: { ...result.timings_ms, ocr: roundToTenths(ocrMs) },
  };
}

function mapValues<K extends string>(
  record: Record<K, number>,
  change: (value: number) => number,
): Record<K, number> {
  const entries = Object.entries<number>(record).map(([key, value]) => [key, change(value)]);
  return Object.fromEntries(entries) as Record<K, number>;
}

/** Rounds milliseconds as results give them. */
export function roundToTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
