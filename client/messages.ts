/**
 * The messages of the server, made from its schemas by `deno task docs`.
 *
 * @module
 */

/** `[x, y, width, height]` in pixels of the frame as received, rounded to 0.1 and clipped to it. */
export type BoundingBox = [number, number, number, number];

/** One class that an image, or an object in it, may belong to. */
export interface Classification {
  /** Name of the class, such as `tabby`. */
  label: string;
  /** Index of the class in the model. */
  class_id: number;
  /** How certain the model is. */
  confidence: number;
}

/** One object found in a frame. */
export interface Detection {
  /** Name of the class, such as `dog`. */
  label: string;
  /** Index of the class in the model. */
  class_id: number;
  /** How certain the model is. */
  confidence: number;
  /** Around the part of the object that lies in the frame. */
  bbox: BoundingBox;
  /** Number of the object within the stream or the video, the same in every frame in which it is tracked; a doubtful detection, or an object that is seen for the first time, has none. */
  track_id?: number;
  /** Outline of the object, at most 200 points; only where the model gives masks, and some of this one is in the frame. */
  mask?: Point[];
  /** Points of the object in the order of `keypoint_names`; only where the model gives them. */
  keypoints?: [number, number, number][];
  /** Corners of the box as it is turned, which `bbox` encloses; only where the model gives turned boxes. */
  polygon?: [Point, Point, Point, Point];
  /** What the object is classified as, best first; only where the pipeline classifies inside of boxes. */
  classes?: Classification[];
  /** What was read inside the box, a line each; only where the pipeline reads inside of boxes. */
  text?: string;
}

/** The frame was dropped, because newer ones came faster than the pipeline could process them. */
export interface DropMessage {
  /** Number of the frame in its session. */
  frame_index: number;
  /** Distinguishes this message from a result. */
  dropped: true;
}

/** The answer to a request that failed. */
export interface ErrorAnswer {
  /** A word for programs, such as `job_not_found`. */
  error: string;
  /** A sentence for people. */
  detail: string;
  /** The field of the request that it is about; left out where it is about none. */
  field?: string;
}

/** The stream failed, and the server closes it with the close code in `CLOSE_CODES`. */
export interface ErrorMessage {
  /** Also the reason of the close that follows. */
  error:
    | "invalid_pipeline"
    | "invalid_rules"
    | "too_many_sessions"
    | "invalid_message"
    | "invalid_frame"
    | "frame_too_large"
    | "pipeline_failure"
    | "session_timeout"
    | "internal_error";
  /** A sentence for people. */
  detail: string;
}

/** A size in pixels. */
export interface FrameSize {
  /** From the left edge to the right one. */
  width: number;
  /** From the top edge to the bottom one. */
  height: number;
}

/** The answer of `GET /video/jobs`. */
export interface JobList {
  /** Oldest first. */
  jobs: JobView[];
}

/** A video job. */
export interface JobView {
  /** Chosen by the server. */
  job_id: string;
  /** The pipeline that processes the frames. */
  pipeline_id: string;
  /** A retry takes it from `failed` or `cancelled` back to `pending`. */
  status: "pending" | "processing" | "completed" | "failed" | "cancelled";
  /** Progress, counted in frames that are processed. */
  progress: {
    /** Frames done. */
    current_step: number;
    /** Frames to do; 0 while their number is not known. */
    total_steps: number;
    /** With one decimal; 100 for a completed job only. */
    percent: number;
    /** A few words for people, such as `Processing frames`. */
    description: string;
  };
  /** When it was submitted. */
  created_at: string;
  /** Last change of the job, its progress included. */
  updated_at: string;
  /** When it was completed, failed or cancelled; `null` otherwise, and again after a retry. */
  finished_at: string | null;
  /** `null` unless the job failed. */
  error: "decode_failed" | "pipeline_failure" | "internal_error" | "job_damaged" | null;
  /** A sentence for people about the error; `null` unless the job failed. */
  detail: string | null;
  /** Name of the file as uploaded; for display only. */
  file_name: string;
  /** Size of the file. */
  file_bytes: number;
  /** Every n-th frame is processed; 1 for all. */
  frame_stride: number;
  /** Most frames that are processed; 0 for all. */
  max_frames: number;
  /** How many rules look at it; see `GET /video/events/:id`. */
  rules: number;
  /** What the file says about itself; `null` before it was opened. */
  video: {
    /** In pixels as shown, after rotation. */
    width: number;
    /** In pixels as shown, after rotation. */
    height: number;
    /** Frames in the file; `null` if the file does not say. */
    frame_count: number | null;
    /** `null` if the file does not say. */
    duration_ms: number | null;
  } | null;
}

/** An event of a camera or a stream. */
export interface LiveEvent {
  /** The same wherever and however often the event is told. */
  event_id: string;
  /** The rule that noticed it. */
  rule_id: string;
  /** Its name for people. */
  rule_name: string;
  /** What made the rule notice it. */
  type: "enter" | "leave" | "dwell" | "cross" | "count" | "text";
  /** The class of the object; `null` for text outside of objects, and for a count of several classes. */
  label: string | null;
  /** The object's track; `null` where the event is not about one object. */
  track_id: number | null;
  /** How certain the model is of the object, or the reader of text outside of objects; `null` for a count. */
  confidence: number | null;
  /** Around the object or the text, in pixels of the frame; `null` for a count. */
  bbox: BoundingBox | null;
  /** The line that matches; `null` for other rules. */
  text: string | null;
  /** For `count` how many are there, for `cross` how many have gone this way so far; `null` for other rules. */
  count: number | null;
  /** For `cross`: `in` to the right-hand side of the line, `out` to the other; `null` for other rules. */
  direction: "in" | "out" | null;
  /** The camera that it was seen by; absent for a stream. */
  camera_id?: string;
  /** The stream that it was seen in; absent for a camera. */
  session_id?: string;
  /** When the frame arrived. */
  timestamp: string;
  /** Path of the picture of that moment; `null` where there is none. */
  snapshot: string | null;
}

/** Answer of `GET /pipelines`. */
export interface PipelineList {
  /** In the order in which they are offered to people. */
  pipelines: PipelineSummary[];
}

/** What a pipeline found in one frame. For a node with an interval that does not read text, `<node>_frame_index` is the frame that its output came from, or `null` before the first. */
export interface PipelineResult {
  /** Size of the frame as received. */
  image: FrameSize;
  /** Sorted by confidence, highest first. */
  detections: Detection[];
  /** What the frame as a whole is classified as, best first; only where the pipeline classifies it. */
  classes?: Classification[];
  /** In reading order. */
  text_blocks: TextBlock[];
  /** The texts of the text blocks, one a line. */
  text: string;
  /** The frame that the text was read from; `null` when no text has been looked for. */
  text_frame_index: number | null;
  /** Time that the frame took on the server, in milliseconds. */
  timings_ms: StageTimings;
  /** The step of quality in use, and the detector's input for this frame; in streams only. */
  quality?: Quality;
  /** Names of the models in use. */
  models: {
    /** That of the first node that looks with a model; `null` where the pipeline looks for no objects. */
    detector: string | null;
    /** `null` where the pipeline reads no text. */
    recognizer: string | null;
    /** Names of the keypoints of each object, in their order; only where the detector gives keypoints. */
    keypoint_names?: string[];
  };
  /** Every field whose name ends so; see above. */
  [name: `${string}_frame_index`]: number | null;
}

/** One pipeline as `GET /pipelines` lists it. */
export interface PipelineSummary {
  /** Stands for it in requests, such as `yolo_ocr`; 1 to 200 characters. */
  id: string;
  /** For people, such as `Objects and text`; 1 to 200 characters. */
  name: string;
  /** A sentence for people on what it does, of 1 to 200 characters. */
  description: string;
}

/** `[x, y]` in pixels of the frame as received. */
export type Point = [number, number];

/** One step of the sizes that the detector's input can have in a stream; in results, of that for frames of this shape. */
export interface Quality {
  /** 0 for the best. */
  level: number;
  /** Width of the detector's input in pixels. */
  width: number;
  /** Height of the detector's input in pixels. */
  height: number;
}

/** The frame was processed; the text of its result may have been read from an earlier one. */
export interface ResultMessage {
  /** 1 for the first valid frame of the session. */
  frame_index: number;
  /** What was found in the frame. */
  result: PipelineResult;
}

/** One page of results, as `GET /video/results/:id` gives it. */
export interface ResultsPage {
  /** The job that found them. */
  job_id: string;
  /** Number of all results. */
  total: number;
  /** Number of results before this page. */
  offset: number;
  /** Most results of a page, as requested. */
  limit: number;
  /** In the order of the frames. */
  results: VideoFrameResult[];
}

/** One rule, with defaults for what was left out when it was written. */
export interface Rule {
  /** Lower-case letters, digits and hyphens, 40 at most; no other rule of the same camera or set has it. */
  id: string;
  /** For people, 80 characters at most; the id by default. */
  name?: string;
  /** Corners of the part of the picture that counts, 3 to 50 in their order; `null` for all of it, and for `cross`. */
  zone?: [number, number][] | null;
  /** The line of `cross`, from its first to its second point: who goes to the right-hand side of it goes in. */
  line?: [[number, number], [number, number]] | null;
  /** Classes of the objects that count, empty for all; for `text`, only what is read in boxes of these classes counts. */
  classes?: string[];
  /** What is noticed. */
  when: "enter" | "leave" | "dwell" | "cross" | "count" | "text";
  /** For `dwell`: how long an object has to stay. */
  seconds?: number;
  /** For `count`: how many objects have to be in the zone at once. */
  at_least?: number;
  /** For `text`: a regular expression in the syntax of RE2, which looks for a match anywhere in a line. */
  pattern?: string;
  /** How long the rule keeps silent after an event: for the same object (for `cross`, in the same direction), for the same line of `text`, and for `count` at all. */
  cooldown_s?: number;
  /** Where events are sent to, of what the server is set up for. */
  actions?: ("webhook" | "mqtt")[];
}

/** What a rule has counted since it was set, or since the server started. */
export interface RuleCounts {
  /** The rule. */
  rule_id: string;
  /** Objects in its zone now; 0 for `cross` and `text`. */
  inside: number;
  /** Crossings of its line to the right-hand side; 0 for other rules. */
  in: number;
  /** Crossings to the other side; 0 for other rules. */
  out: number;
  /** Events, which may be fewer than crossings because of `cooldown_s`. */
  events: number;
}

/** The answer of `POST /pipelines/:id/run`. */
export interface Run {
  /** What was found in the image. */
  result: PipelineResult;
}

/** Every message that the server sends on a stream, as one JSON object in a text message. */
export type ServerMessage =
  | ResultMessage
  | DropMessage
  | WarningMessage
  | SessionMessage
  | ErrorMessage;

/** The state of one open stream. */
export interface Session {
  /** Chosen by the server. */
  session_id: string;
  /** For people: that of the camera, or the one that the client has given; left out where it gave none. */
  name?: string;
  /** The pipeline that every frame runs through. */
  pipeline_id: string;
  /** When the stream began. */
  created_at: string;
  /** Valid frames so far; the index of the newest, 0 before the first. */
  frame_index: number;
  /** The camera that gives the frames; left out where a client sends them. */
  camera_id?: string;
  /** Where the stream is in its life cycle. */
  state: "idle" | "starting" | "active" | "stopping" | "failed";
  /** From the recent drop rate. */
  backpressure_state: "normal" | "warning" | "critical";
  /** Frames that were answered with a drop. */
  dropped_frames: number;
  /** Over the whole life of the stream. */
  drop_rate: number;
  /** Over the last 30 answered frames. */
  recent_drop_rate: number;
  /** When the last frame was processed, in seconds since the epoch; `null` before the first. */
  last_processed_ts: number | null;
  /** When the stream was last used. */
  last_access: string;
  /** Since the last access. */
  idle_s: number;
  /** Errors so far. */
  error_count: number;
  /** The newest error; `null` when there was none. */
  last_error: StreamError | null;
  /** Viewers of the stream. */
  client_count: number;
  /** The step of the detector's input in use. */
  quality: Quality;
  /** All steps that the stream may use, best first. */
  qualities: Quality[];
}

/** The answer of `GET /sessions`. */
export interface SessionList {
  /** Oldest first. */
  sessions: Session[];
}

/** The first message to a client that gave a `stream_key`: under which id its stream can be watched. */
export interface SessionMessage {
  /** The same for every connection with the same `stream_key`. */
  session_id: string;
}

/** Time spent in each stage, in milliseconds; 0 for a stage that did not run. */
export interface StageTimings {
  /** From the arrival of the frame to a free worker. */
  wait: number;
  /** Decoding the image and fitting it into the detector's input. */
  decode: number;
  /** Finding objects. */
  detect: number;
  /** Reading text; in streams it runs beside the frames and is reported once, with the text. */
  ocr: number;
  /** From the arrival of the frame to its result; `ocr` of a stream is not a part of it. */
  total: number;
  /** Each node of the pipeline that ran, by its id; one with an interval is reported once, with its output. */
  nodes?: Record<string, number>;
}

/** An error that ended, or would have ended, a stream. */
export interface StreamError {
  /** The error code that was sent to the client. */
  code: string;
  /** The sentence that was sent to the client. */
  detail: string;
}

/** The answer of `POST /video/submit`. */
export interface Submitted {
  /** Id of the new job. */
  job_id: string;
}

/** One line of text read from a frame. */
export interface TextBlock {
  /** As it was read; in streams, the text that its readings so far have voted for. */
  text: string;
  /** How certain the model is. */
  confidence: number;
  /** Corners, clockwise from the top left of the text. */
  polygon: [Point, Point, Point, Point];
  /** Axis-parallel box around the polygon. */
  bbox: BoundingBox;
  /** Whether several readings in a row have agreed; in streams only. */
  stable?: boolean;
}

/** What a rule noticed in a frame of a video; places are pixels of the video as shown. */
export interface VideoEvent {
  /** The frame in which it was noticed, counted from 0 in the file, whatever the stride. */
  frame_index: number;
  /** From the start of the file. */
  timestamp_ms: number;
  /** The rule that noticed it. */
  rule_id: string;
  /** Its name for people. */
  rule_name: string;
  /** What made the rule notice it. */
  type: "enter" | "leave" | "dwell" | "cross" | "count" | "text";
  /** The class of the object; `null` for text outside of objects, and for a count of several classes. */
  label: string | null;
  /** The object's track; `null` where the event is not about one object. */
  track_id: number | null;
  /** How certain the model is of the object, or the reader of text outside of objects; `null` for a count. */
  confidence: number | null;
  /** Around the object or the text, in pixels of the frame; `null` for a count. */
  bbox: BoundingBox | null;
  /** The line that matches; `null` for other rules. */
  text: string | null;
  /** For `count` how many are there, for `cross` how many have gone this way so far; `null` for other rules. */
  count: number | null;
  /** For `cross`: `in` to the right-hand side of the line, `out` to the other; `null` for other rules. */
  direction: "in" | "out" | null;
}

/** The answer of `GET /video/events/:id`. */
export interface VideoEvents {
  /** The job that looked at the video. */
  job_id: string;
  /** In the order of the frames. */
  events: VideoEvent[];
  /** What each rule has counted by the end of the video. */
  counts: RuleCounts[];
}

/** What a pipeline found in one frame of a video, as stored and as sent. */
export interface VideoFrameResult {
  /** Counted from 0 in the file, whatever the stride. */
  frame_index: number;
  /** From the start of the file. */
  timestamp_ms: number;
  /** Coordinates are pixels of the video as shown. */
  result: PipelineResult;
  /** Set if the stored result can no longer be read: what was found is lost, and `result` is empty. */
  damaged?: true;
}

/** Too many frames are being dropped: the client should send fewer. */
export interface WarningMessage {
  /** The only warning. */
  warning: "slow_down";
}
