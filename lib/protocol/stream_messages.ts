/**
 * The messages of `WS /ws/video/stream` and the result of a pipeline, shared by the server and the page.
 *
 * This module has no imports, so that both sides, and other people's clients, can take it as it is.
 *
 * @module
 */

/** `[x, y, width, height]` in pixels of the frame as received, rounded to 0.1 and clipped to it. */
export type BoundingBox = [x: number, y: number, width: number, height: number];

/** `[x, y]` in pixels of the frame as received. */
export type Point = [x: number, y: number];

/** One object found in a picture. */
export interface Detection {
  /** Name of the class, such as `dog`. */
  label: string;
  /** Index of the class in the model, from 0. */
  class_id: number;
  /** Between 0 and 1. */
  confidence: number;
  /** Around the part of the object that lies in the frame. */
  bbox: BoundingBox;
  /**
   * Number of the object within the stream, the same in every frame in which it is followed; what is only perhaps an object, or
   * is seen for the first time, has none.
   */
  track_id?: number;
  /** What was read inside the box, a line each; only where the pipeline reads inside of boxes. */
  text?: string;
}

/** One line of text read from a picture. */
export interface TextBlock {
  /** As it was read; in streams as its readings so far settle it. */
  text: string;
  /** Between 0 and 1. */
  confidence: number;
  /** Corners, clockwise from the top left of the text. */
  polygon: [Point, Point, Point, Point];
  /** Axis-parallel box around the polygon. */
  bbox: BoundingBox;
  /** Whether several readings in a row have agreed; only in streams. */
  stable?: boolean;
}

/** Time spent in each stage, in milliseconds; 0 for a stage that did not run. */
export interface StageTimings {
  /** From the arrival of the frame to a free worker. */
  wait: number;
  /** Decoding the picture and fitting it into the detector's input. */
  decode: number;
  /** Finding objects. */
  detect: number;
  /** Reading text; in streams it runs beside the frames and is told once, with the text. */
  ocr: number;
  /** From the arrival of the frame to its result; `ocr` of a stream is not a part of it. */
  total: number;
  /** Each node of the pipeline that ran, by its id; one with an interval is told once, with what it gave. */
  nodes?: Record<string, number>;
}

/** What a pipeline found in one picture. */
export interface PipelineResult {
  /** Size of the frame as received, in pixels. */
  image: { width: number; height: number };
  /** Sorted by confidence, highest first. */
  detections: Detection[];
  /** In reading order. */
  text_blocks: TextBlock[];
  /** The text blocks' texts, one a line. */
  text: string;
  /** The frame that the text was read from; `null` when no text has been looked for. */
  text_frame_index: number | null;
  /** For a node with an interval that gives no text, `<node>_frame_index`: the frame that its value is of. */
  [nodeFrameIndex: `${string}_frame_index`]: number | null;
  /** Time that the frame took on the server. */
  timings_ms: StageTimings;
  /** The step of the detector's input that was used, of a stream; level 0 is the best. */
  quality?: { level: number; width: number; height: number };
  /** Names of the models that were used; `null` for a stage that the pipeline has not. */
  models: { detector: string | null; recognizer: string | null };
}

/** The frame was processed. */
export interface ResultMessage {
  /** 1 for the first valid frame of the session. */
  frame_index: number;
  /** What was found in the frame; its text may have been read from an earlier one. */
  result: PipelineResult;
}

/** The frame was dropped, because newer ones came faster than the pipeline is. */
export interface DropMessage {
  /** Number of the frame in its session, as in {@linkcode ResultMessage}. */
  frame_index: number;
  /** Always `true`: it tells this message from a result. */
  dropped: true;
}

/** Too many frames are being dropped: the client should send fewer. */
export interface WarningMessage {
  /** The only warning that there is. */
  warning: "slow_down";
}

/** Why a stream ends; the same word is the reason of the close that follows. */
export type StreamErrorCode =
  | "invalid_pipeline"
  | "too_many_sessions"
  | "invalid_message"
  | "invalid_frame"
  | "frame_too_large"
  | "pipeline_failure"
  | "session_timeout"
  | "internal_error";

/** The stream failed, and the server closes it. */
export interface ErrorMessage {
  /** Also the reason of the close that follows; {@linkcode CLOSE_CODES} has its code. */
  error: StreamErrorCode;
  /** A sentence for people. */
  detail: string;
}

/** Every message that the server sends on a stream, as one JSON object in a text message. */
export type ServerMessage = ResultMessage | DropMessage | WarningMessage | ErrorMessage;

/** The WebSocket close code that goes with each error code. */
export const CLOSE_CODES: Readonly<Record<StreamErrorCode, number>> = {
  invalid_pipeline: 1008,
  too_many_sessions: 1013,
  invalid_message: 1003,
  invalid_frame: 1007,
  frame_too_large: 1009,
  pipeline_failure: 1011,
  session_timeout: 1008,
  internal_error: 1011,
};
