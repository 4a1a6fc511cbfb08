/**
 * Reads results as they are stored, whatever has become of them on the disk.
 *
 * @module
 */

import * as v from "valibot";
import { type PipelineResult, PipelineResultSchema } from "../../../protocol/result.ts";
import type { VideoFrameResult } from "../job.ts";

/** A result's row; damage can leave anything in it. */
export interface ResultRow {
  /** The frame, counted from 0 in the file. */
  frame_index: unknown;
  /** From the start of the file. */
  timestamp_ms: unknown;
  /** What was found, as JSON. */
  result: unknown;
}

/** A result, and what was found as JSON, so that it need not be written again. */
export interface StoredResult extends VideoFrameResult {
  /** `result`, on one line. */
  json: string;
}

/** What stands in for a result that is lost. */
const NOTHING: PipelineResult = {
  image: { width: 0, height: 0 },
  detections: [],
  text_blocks: [],
  text: "",
  text_frame_index: null,
  timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
  models: { detector: null, recognizer: null },
};

const NOTHING_JSON = JSON.stringify(NOTHING);

/**
 * Reads a result's row. Where it is damaged, what was found is lost: an empty result that says so stands in for it, in the place
 * and at the time where it would be.
 *
 * @param place Of the row among those of its job, from 0
 * @param before The result before it, as far as it is known
 */
export function readResultRow(
  row: ResultRow,
  place: number,
  before: VideoFrameResult | undefined,
): StoredResult {
  const { frame_index, timestamp_ms, result: json } = row;
  const hasIndex = isCount(frame_index);
  const hasTime = isCount(timestamp_ms);
  const result = parseResult(json);
  if (hasIndex && hasTime && result !== undefined) {
    // Each result is to be one line.
    const line = /[\r\n]/.test(String(json)) ? JSON.stringify(result) : String(json);
    return { frame_index, timestamp_ms, result, json: line };
  }
  return {
    frame_index: hasIndex ? frame_index : (before?.frame_index ?? place - 1) + 1,
    timestamp_ms: hasTime ? timestamp_ms : before?.timestamp_ms ?? 0,
    result: NOTHING,
    damaged: true,
    json: NOTHING_JSON,
  };
}

function parseResult(json: unknown): PipelineResult | undefined {
  if (typeof json !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(json);
    // What goes out has to pass the same check on the page, which would show nothing of the job otherwise.
    return v.is(PipelineResultSchema, value) ? value as PipelineResult : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
