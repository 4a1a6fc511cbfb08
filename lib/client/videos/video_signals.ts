/** Everything that the islands of the video page share, beside what they share with the live page. */

import { type Signal, signal } from "@preact/signals";
import type { Explanation } from "../explanation.ts";
import { createLiveSignals, type LiveSignals } from "../live/live_signals.ts";
import type { JobView } from "../../protocol/job.ts";
import { NO_RULES, type RulesChoice } from "./rules_choice.ts";
import type { VideoEvent } from "../../protocol/video_events.ts";
import type { VideoFrameResult } from "../../protocol/video_results.ts";

/** A video on its way to the server. */
export interface Upload {
  /** Known to this page only. */
  id: string;
  /** Name of the person's file. */
  name: string;
  /** Bytes of the file. */
  bytes: number;
  /** Bytes sent. */
  sent: number;
  /** Why it failed; `null` as long as it has not. */
  failure: Explanation | null;
  /** Whether sending it again may work, once it has failed. */
  canRetry: boolean;
}

/** The results of a completed job, as far as they have been fetched. */
export interface LoadedResults {
  /** The job that found them. */
  jobId: string;
  /** Number of all results of the job, fetched or not. */
  total: number;
  /** In the order of the frames. */
  results: readonly VideoFrameResult[];
  /** What the rules of the job have noticed, once that has been fetched. */
  events: readonly VideoEvent[];
}

/** The signals of one video page. */
export interface VideoSignals {
  /** What is shown over the video, and how. */
  live: LiveSignals;
  /** Newest first; `null` before the server has answered. */
  jobs: Signal<JobView[] | null>;
  /** Newest first. */
  uploads: Signal<Upload[]>;
  /** Every n-th frame of the next video is looked at; 1 for all. */
  frameStride: Signal<number>;
  /** With which the next video is looked at. */
  rules: Signal<RulesChoice>;
  /** The job or upload on the stage. */
  selectedId: Signal<string | null>;
  /** Of the job on the stage; `null` before the first of them are fetched. */
  results: Signal<LoadedResults | null>;
  /** Where the player is, in seconds. */
  time: Signal<number>;
  /** Length of the video, in seconds; 0 until it is known. */
  duration: Signal<number>;
  /** Whether the video plays, as its element tells. */
  isPlaying: Signal<boolean>;
  /** Whether this browser cannot play the video. */
  isUnplayable: Signal<boolean>;
  /** What was done last, for the person to know; empty for nothing to be told. */
  outcome: Signal<string>;
  /** What went wrong last; `null` when all is well. */
  problem: Signal<Explanation | null>;
}

/** Creates the signals of one page, as they are before anything is known. */
export function createVideoSignals(): VideoSignals {
  return {
    live: createLiveSignals(),
    jobs: signal<JobView[] | null>(null),
    uploads: signal<Upload[]>([]),
    frameStride: signal(1),
    rules: signal(NO_RULES),
    selectedId: signal<string | null>(null),
    results: signal<LoadedResults | null>(null),
    time: signal(0),
    duration: signal(0),
    isPlaying: signal(false),
    isUnplayable: signal(false),
    outcome: signal(""),
    problem: signal<Explanation | null>(null),
  };
}
