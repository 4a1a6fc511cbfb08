/** Everything that the islands of the live page share. */

import { type Signal, signal } from "@preact/signals";
import type { CameraDevice } from "./camera.ts";
import type { Explanation } from "../explanation.ts";
import type { DeviceInUse } from "../../protocol/device.ts";
import type { PipelineSummary } from "../../protocol/pipeline_list.ts";
import type { ResultMessage } from "../../protocol/stream.ts";
import { createRealtimeSignals, type RealtimeSignals } from "./realtime_client.ts";
import type { HistoryPoint } from "./stream_history.ts";
import type { StreamStatistics } from "./stream_statistics.ts";

/** Where the frames come from. */
export type SourceKind = "camera" | "video" | "image" | "stream";

/** What the stage shows. */
export type StageState =
  /** Nothing has been started yet. */
  | { phase: "welcome" }
  /** A source is being opened. */
  | { phase: "starting" }
  /** Frames come. */
  | { phase: "running"; kind: SourceKind; name: string; isMirrored: boolean }
  /** The person stopped it. */
  | { phase: "stopped" }
  /** The source cannot be opened, or ended by itself. */
  | { phase: "failed"; why: Explanation };

/** A frame with what was found in it. */
export interface AnsweredFrame {
  /** What the server found in it. */
  message: ResultMessage;
  /** The frame as the server saw it. */
  jpeg: Blob;
}

/** The signals of one live page. */
export interface LiveSignals extends RealtimeSignals {
  /** `welcome` at first, then as the session, the viewer or the player of the page sets it. */
  stage: Signal<StageState>;
  /** Why a file is not shown while something else is, until the person has read it. */
  fileProblem: Signal<Explanation | null>;
  /** Empty before a camera was permitted. */
  cameras: Signal<CameraDevice[]>;
  /** The camera in use; `null` when there is none. */
  cameraId: Signal<string | null>;
  /** In the server's order; empty before it has answered. */
  pipelines: Signal<PipelineSummary[]>;
  /** The pipeline chosen; `null` before the server has told of any, and always for viewers. */
  pipelineId: Signal<string | null>;
  /** What runs the server's detector, as it was when the diagnostics were opened; `null` while that is not known. */
  device: Signal<DeviceInUse | null>;
  /** Renewed twice a second while frames are sent. */
  statistics: Signal<StreamStatistics | null>;
  /** The figures of the last minute. */
  history: Signal<HistoryPoint[]>;
  /** What the person calls the stream, on later visits too; empty for the name that its source gives it. */
  streamName: Signal<string>;
  /** The frame of the last result, for those who want to keep both. */
  lastAnswered: Signal<AnsweredFrame | null>;
  /** The result whose frame is shown in place of the live image; `null` while that itself is shown. */
  steppedResult: Signal<ResultMessage | null>;
  /** Less certain objects are not shown; at least 0 and below 1. */
  minimumConfidence: Signal<number>;
  /** Names of the classes that are not shown. */
  hiddenLabels: Signal<readonly string[]>;
  /** Whether objects are drawn in the image; they are listed all the same. */
  showBoxes: Signal<boolean>;
  /** Whether lines of text are drawn in the image; they are listed all the same. */
  showText: Signal<boolean>;
  /** Whether the image fills the stage, rather than fits into it. */
  fillsStage: Signal<boolean>;
  /** Whether each answered frame is shown with its own boxes, rather than the live image with boxes that lag behind it. */
  inStep: Signal<boolean>;
}

/** Creates the signals of one page, as they are before anything was started. */
export function createLiveSignals(): LiveSignals {
  return {
    ...createRealtimeSignals(),
    stage: signal<StageState>({ phase: "welcome" }),
    fileProblem: signal<Explanation | null>(null),
    cameras: signal<CameraDevice[]>([]),
    cameraId: signal<string | null>(null),
    pipelines: signal<PipelineSummary[]>([]),
    pipelineId: signal<string | null>(null),
    device: signal<DeviceInUse | null>(null),
    statistics: signal<StreamStatistics | null>(null),
    history: signal<HistoryPoint[]>([]),
    streamName: signal(""),
    lastAnswered: signal<AnsweredFrame | null>(null),
    steppedResult: signal<ResultMessage | null>(null),
    minimumConfidence: signal(0.25),
    hiddenLabels: signal<readonly string[]>([]),
    showBoxes: signal(true),
    showText: signal(true),
    fillsStage: signal(false),
    inStep: signal(false),
  };
}
