/**
 * What rules notice in the results of a video. It is found when it is asked for, since that takes a few seconds for a long video,
 * and other rules can be tried on the same results.
 *
 * @module
 */

import { RuleEvaluator } from "../events/rule_evaluator.ts";
import { escapeCsv } from "../protocol/results_csv.ts";
import type { Rule, RuleCounts } from "../protocol/rule.ts";
import type { VideoEvent } from "../protocol/video_events.ts";
import type { VideoFrameResult } from "../protocol/video_results.ts";
import type { JobStore } from "./jobs/job_store.ts";
import { readAllResults } from "./results_export.ts";

/** The columns of events as CSV, in their order. */
const COLUMNS = [
  ...["frame_index", "timestamp_ms", "rule_id", "type", "label", "track_id", "confidence"],
  ...["x", "y", "width", "height", "text", "count", "direction"],
] as const;

/** How long results are looked at before others have their turn, in milliseconds. */
const LONGEST_TURN_MS = 10;

/** The forms in which events of a video are written. */
export type EventFormat = "json" | "jsonl" | "csv";

/** Looks at the results of a video with rules, in the order of the frames. */
export class VideoWatch {
  readonly #evaluator: RuleEvaluator;

  /** Begins before the first frame. */
  constructor(rules: readonly Rule[]) {
    this.#evaluator = new RuleEvaluator(rules);
  }

  /** What each rule has counted so far. */
  get counts(): RuleCounts[] {
    return this.#evaluator.counts();
  }

  /** Takes the result of the next frame; one that is damaged is left out. */
  look({ frame_index, timestamp_ms, result, damaged }: VideoFrameResult): VideoEvent[] {
    if (damaged) return [];
    return this.#evaluator.update(result, timestamp_ms)
      .map((event) => ({ frame_index, timestamp_ms, ...event }));
  }
}

/**
 * What rules notice in the results of a job, as a file that is made while it is read.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 */
export async function exportEvents(
  store: JobStore,
  jobId: string,
  rules: readonly Rule[],
  format: EventFormat,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const results = readResults(store, jobId);
  // Fails here rather than amid the answer where there is no such job, or the disk cannot be read.
  const first = await results.next();
  const watch = new VideoWatch(rules);
  async function* found(): AsyncGenerator<VideoEvent> {
    let busySince = performance.now();
    for (let piece = first; !piece.done; piece = await results.next()) {
      for (const each of piece.value) {
        yield* watch.look(each);
        if (performance.now() - busySince < LONGEST_TURN_MS) continue;
        // Streams are answered meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 0));
        busySince = performance.now();
      }
    }
  }
  const texts = {
    json: () => toJson(jobId, found(), () => watch.counts),
    jsonl: () => toJsonl(found()),
    csv: () => toCsv(found()),
  }[format]();
  return ReadableStream.from(texts).pipeThrough(new TextEncoderStream());
}

/** The results of a job, some at a time. */
async function* readResults(store: JobStore, jobId: string): AsyncGenerator<VideoFrameResult[]> {
  const decoder = new TextDecoder();
  for await (const bytes of readAllResults(store, jobId, { type: "jsonl" })) {
    yield decoder.decode(bytes).trimEnd().split("\n").map((line): VideoFrameResult =>
      JSON.parse(line)
    );
  }
}

async function* toJson(
  jobId: string,
  events: AsyncIterable<VideoEvent>,
  counts: () => RuleCounts[],
): AsyncGenerator<string> {
  yield `{"job_id":${JSON.stringify(jobId)},"events":[`;
  let separator = "";
  for await (const event of events) {
    yield separator + JSON.stringify(event);
    separator = ",";
  }
  yield `],"counts":${JSON.stringify(counts())}}`;
}

async function* toJsonl(events: AsyncIterable<VideoEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}

async function* toCsv(events: AsyncIterable<VideoEvent>): AsyncGenerator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for await (const event of events) yield formatRow(event);
}

function formatRow({ bbox, label, text, ...event }: VideoEvent): string {
  const [x, y, width, height] = bbox ?? [];
  const row: Partial<Record<typeof COLUMNS[number], string | number | null | undefined>> = {
    ...event,
    ...{ x, y, width, height },
    label: escapeCsv(label ?? ""),
    text: escapeCsv(text ?? ""),
  };
  return `${COLUMNS.map((column) => row[column] ?? "").join(",")}\r\n`;
}
