/**
 * The settings of the server, read once from the environment.
 *
 * @module
 */

import { type ClusterConfig, readCluster, readWorkers } from "./cluster_config.ts";
import { DEFAULT_DETECTORS, type LicenceChoice, readLicence } from "./licence.ts";
import { type EventConfig, readEvents } from "./events_config.ts";
import { ConfigError, Environment, fail, MEGABYTE } from "./environment.ts";
import { parseBasePath, parseHosts, parseInputSize, parseOrigins } from "./setting_formats.ts";

const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
/** Least important level that is logged. */
export type LogLevel = typeof LOG_LEVELS[number];

/** The models that read text, as `OCR_MODEL` takes them; the first is the default. */
export const TEXT_MODEL_NAMES = ["PP-OCRv6_small", "ch_PP-OCRv4"] as const;

/** Name of a model that reads text. */
export type TextModelName = typeof TEXT_MODEL_NAMES[number];

/** What a detector computes with, as `YOLO_PRECISION` takes it; the first is the default. */
const PRECISION_CHOICES = ["auto", "fp32", "int8"] as const;

/** What a detector computes with: float32, 8-bit integers, or what is faster on this machine. */
export type PrecisionChoice = typeof PRECISION_CHOICES[number];

/** What can run the detector: the processor, or what onnxruntime calls an execution provider. */
export const DEVICES = ["cpu", "webgpu", "cuda", "coreml", "dml"] as const;

/** Something that can run the detector. */
export type Device = typeof DEVICES[number];

/** What the text model computes with, as `OCR_PRECISION` takes it; the first is the default. */
export const TEXT_PRECISIONS = ["auto", "fp32"] as const;

/** What the text model computes with: float32, or 8-bit integers where this machine computes with them as it should. */
export type TextPrecision = typeof TEXT_PRECISIONS[number];

/** Settings of the streams, from the `STREAM_*` variables. */
export interface StreamConfig {
  /** Recent drop rate, 0 to 1, above which a session is in `warning`. */
  dropThreshold: number;
  /** Recent drop rate, 0 to 1, above which a session is `critical`. */
  slowdownThreshold: number;
  /** Largest frame in bytes; one of exactly this size passes. */
  maxFrameBytes: number;
  /** Largest frame in pixels. */
  maxFramePixels: number;
  /** Bytes that the frames of all sessions may hold together. */
  memoryBudgetBytes: number;
  /** Most sessions at a time; `undefined` for no limit. */
  maxSessions: number | undefined;
  /** Milliseconds without a frame after which a session ends; 0 for never. */
  idleTimeoutMs: number;
  /** Milliseconds after which a session ends; 0 for never. */
  maxSessionMs: number;
  /** Origins, beside the server's own, whose pages may open streams. */
  allowedOrigins: string[];
  /** The token that clients have to present; `undefined` for none. */
  authToken: string | undefined;
}

/** Settings of the pipelines, from the `PIPELINE_*`, `YOLO_*` and `OCR_*` variables. */
export interface PipelineConfig {
  /** Input of the detector in pixels, multiples of 32; `undefined` for one of each frame's shape. */
  inputSize: { width: number; height: number } | undefined;
  /** What the detector computes with. */
  precision: PrecisionChoice;
  /** Inference workers, 0 where the other machines of a cluster compute; `undefined` to find out. */
  workers: number | undefined;
  /** Threads in each worker; `undefined` to find out. */
  threads: number | undefined;
  /** What runs the detector; `auto` to find out. */
  device: Device | "auto";
  /** A model's id in `models.json`, the name of one that was added to the model folder, or the path of an ONNX file. */
  model: string;
  /** Whether models of the catalogue under other than permissive licences are refused. */
  licence: LicenceChoice;
  /** Memory for the detectors that all workers keep, in bytes; `undefined` for 512 MB for each. */
  modelMemoryBytes: number | undefined;
  /** Least confidence of a detection, 0 to 1. */
  confidence: number;
  /** Overlap, 0 to 1, above which two boxes of a class count as one object. */
  iou: number;
  /** What reads text, from `OCR_MODEL`; another stands in for it where it cannot be had. */
  textModel: TextModelName;
  /** What that computes with. */
  textPrecision: TextPrecision;
  /** Shortest time between two readings of one stream's text, in milliseconds; `undefined` for what each pipeline says. */
  ocrIntervalMs: number | undefined;
  /** Folder of the operator's own pipelines; `undefined` for none. */
  directory: string | undefined;
  /** Whether the objects of a stream get a `track_id`. */
  tracking: boolean;
}

/** Settings of the video jobs, from the `VIDEO_*` variables, `DATA_DIR` and `DISK_RESERVE_MB`. */
export interface VideoConfig {
  /** Holds the jobs, their results and the uploaded files. */
  dataDirectory: string;
  /** Largest upload in bytes; one of exactly this size passes. */
  maxUploadBytes: number;
  /** Jobs at a time. */
  workers: number;
  /** Bytes of the disk that stay free. */
  reserveBytes: number;
}

/** Settings of the cameras that the server opens itself. */
export interface CameraConfig {
  /** Path of a list of cameras, from `CAMERAS_FILE`; `undefined` for none. */
  file: string | undefined;
  /** How long a camera stays on without clients, in milliseconds, from `CAMERA_IDLE_GRACE_S`. */
  idleGraceMs: number;
}

/** How TLS ends here: with files of the operator's, or with a certificate of our own making. */
export type TlsConfig = { certPath: string; keyPath: string } | "self-signed";

/** Settings of the door. */
export interface FrontConfig {
  /** Most connections at a time; `undefined` for half of what the process may have open, 4096 at most. */
  maxConnections: number | undefined;
  /** Most connections of one address; `undefined` for 256, or half of all if that is less. */
  maxConnectionsPerAddress: number | undefined;
  /** `undefined` for plain HTTP. */
  tls: TlsConfig | undefined;
}

/** All settings. */
export interface Config {
  /** Address to listen on, from `HOST`. */
  hostname: string;
  /** Port to listen on, from `PORT`; 0 takes a free one. */
  port: number;
  /** Names and addresses, beside the machine's own, under which it is reached without a token, from `ALLOWED_HOSTS`. */
  allowedHosts: string[];
  /** Limits of connections, and TLS. */
  front: FrontConfig;
  /** The path below which browsers reach the server through a proxy, such as `/vision`, from `BASE_PATH`; empty for none. */
  basePath: string;
  /** Folder of the model files, from `MODEL_DIR`. */
  modelDirectory: string;
  /** Least important level that is logged, from `LOG_LEVEL`. */
  logLevel: LogLevel;
  /** One JSON object a line, or lines for people, from `LOG_FORMAT`. */
  logFormat: "json" | "pretty";
  /** Limits and thresholds of streams, and who may open them. */
  stream: StreamConfig;
  /** Model and thresholds of inference, and the workers that it runs on. */
  pipeline: PipelineConfig;
  /** Where video jobs are kept, how large a file may be, and how many jobs run at a time. */
  video: VideoConfig;
  /** Where cameras are listed, and how long they stay on. */
  camera: CameraConfig;
  /** Path of sets of rules that streams can ask for, from `RULES_FILE`; `undefined` for none. */
  rulesFile: string | undefined;
  /** How many events are kept, and where they are sent to. */
  events: EventConfig;
  /** The other machines that are one service with this one; `undefined` for none. */
  cluster: ClusterConfig | undefined;
}

/** What pipelines run with unless something else is set. */
export const PIPELINE_DEFAULTS = {
  /** Id of the detector. */
  model: DEFAULT_DETECTORS.any,
  /** Whose weights may be used. */
  licence: "any",
  /** Input of the detector for frames of 4:3, in pixels; those of other shapes have one of theirs, of as many pixels. */
  inputSize: { width: 640, height: 480 },
  /** What the detector computes with. */
  precision: "auto",
  /** Confidence that a detection has to exceed. */
  confidence: 0.25,
  /** Overlap above which two boxes of a class count as one object. */
  iou: 0.45,
  /** Most pixels of an image. */
  maxPixels: 4_194_304,
  /** What reads text. */
  textModel: "PP-OCRv6_small",
  /** What that computes with. */
  textPrecision: "auto",
  /** Whether objects get a `track_id`. */
  tracking: true,
} as const;

function parseStream(environment: Environment): StreamConfig {
  const dropThreshold = environment.ratio("STREAM_DROP_THRESHOLD", 0.1);
  const slowdownThreshold = environment.ratio("STREAM_SLOWDOWN_THRESHOLD", 0.3);
  if (slowdownThreshold < dropThreshold) {
    fail(
      "STREAM_SLOWDOWN_THRESHOLD",
      `a number not below STREAM_DROP_THRESHOLD (${dropThreshold})`,
      String(slowdownThreshold),
    );
  }
  const maxFrameBytes = environment.megabytes("STREAM_MAX_FRAME_SIZE_MB", 5);
  const memoryBudgetBytes = environment.megabytes("STREAM_MEMORY_BUDGET_MB", 512);
  if (memoryBudgetBytes < maxFrameBytes) {
    const expected = `a number not below STREAM_MAX_FRAME_SIZE_MB (${maxFrameBytes / MEGABYTE})`;
    fail("STREAM_MEMORY_BUDGET_MB", expected, String(memoryBudgetBytes / MEGABYTE));
  }
  return {
    dropThreshold,
    slowdownThreshold,
    maxFrameBytes,
    maxFramePixels: environment.integer(
      "STREAM_MAX_FRAME_PIXELS",
      PIPELINE_DEFAULTS.maxPixels,
      1,
      268_402_689,
    ),
    memoryBudgetBytes,
    maxSessions: environment.optionalInteger("STREAM_MAX_SESSIONS", 1, 1_000_000),
    idleTimeoutMs: environment.seconds("STREAM_IDLE_TIMEOUT_S", 30),
    maxSessionMs: environment.seconds("STREAM_MAX_SESSION_S", 0),
    allowedOrigins: parseOrigins(environment),
    authToken: environment.text("STREAM_AUTH_TOKEN"),
  };
}

function parseTextModel(environment: Environment): TextModelName {
  return environment.choice("OCR_MODEL", TEXT_MODEL_NAMES, TEXT_MODEL_NAMES[0]);
}

/**
 * The one setting `OCR_MODEL`, for those that need no other.
 *
 * @throws {ConfigError} If there is no such model
 */
export function readTextModel(
  variables: Readonly<Record<string, string | undefined>>,
): TextModelName {
  return parseTextModel(new Environment(variables));
}

function parsePipeline(environment: Environment): PipelineConfig {
  return {
    inputSize: parseInputSize(environment),
    precision: environment.choice("YOLO_PRECISION", PRECISION_CHOICES, PIPELINE_DEFAULTS.precision),
    workers: readWorkers(environment),
    threads: environment.optionalInteger("PIPELINE_THREADS", 1, 64),
    device: environment.choice("PIPELINE_DEVICE", ["auto", ...DEVICES], "auto"),
    model: environment.text("YOLO_MODEL") ?? DEFAULT_DETECTORS[readLicence(environment)],
    licence: readLicence(environment),
    modelMemoryBytes: environment.optionalMegabytes("MODEL_MEMORY_MB"),
    confidence: environment.ratio("YOLO_CONFIDENCE", PIPELINE_DEFAULTS.confidence),
    iou: environment.ratio("YOLO_IOU", PIPELINE_DEFAULTS.iou),
    textModel: parseTextModel(environment),
    textPrecision: environment.choice("OCR_PRECISION", TEXT_PRECISIONS, TEXT_PRECISIONS[0]),
    ocrIntervalMs: environment.optionalInteger("OCR_INTERVAL_MS", 0, 3_600_000),
    directory: environment.text("PIPELINE_DIR"),
    tracking: environment.choice("STREAM_TRACKING", ["on", "off"], "on") === "on",
  };
}

function parseVideo(environment: Environment): VideoConfig {
  return {
    dataDirectory: environment.text("DATA_DIR") ?? "./data",
    maxUploadBytes: environment.megabytes("VIDEO_MAX_UPLOAD_MB", 500),
    workers: environment.integer("VIDEO_WORKERS", 1, 1, 16),
    reserveBytes: MEGABYTE *
      environment.number("DISK_RESERVE_MB", 512, "a number, 0 or more", (n) => n >= 0),
  };
}

function parseTls(environment: Environment): TlsConfig | undefined {
  const [certPath, keyPath] = [environment.text("TLS_CERT"), environment.text("TLS_KEY")];
  const mode = environment.choice("TLS", ["off", "self-signed"], "off");
  if (certPath === undefined && keyPath === undefined) return mode === "off" ? undefined : mode;
  if (mode !== "off") fail("TLS", "off where TLS_CERT or TLS_KEY is set", mode);
  if (certPath === undefined) throw new ConfigError("Cannot use TLS_KEY without TLS_CERT");
  if (keyPath === undefined) throw new ConfigError("Cannot use TLS_CERT without TLS_KEY");
  return { certPath, keyPath };
}

function parseFront(environment: Environment): FrontConfig {
  return {
    maxConnections: environment.optionalInteger("MAX_CONNECTIONS", 1, 1_000_000),
    maxConnectionsPerAddress: environment.optionalInteger(
      "MAX_CONNECTIONS_PER_ADDRESS",
      1,
      1_000_000,
    ),
    tls: parseTls(environment),
  };
}

/**
 * Parses the settings out of environment variables; unset and empty ones take their defaults.
 *
 * @param variables The environment, such as `Deno.env.toObject()`
 * @param options `terminal` says whether standard output is one, which makes `pretty` the default log format;
 * `modelDirectory` is the default of `MODEL_DIR`
 * @throws {ConfigError} If a value is malformed; the message is one line for people
 */
export function parseConfig(
  variables: Readonly<Record<string, string | undefined>>,
  { terminal = false, modelDirectory = "./models" }: {
    terminal?: boolean;
    modelDirectory?: string;
  } = {},
): Config {
  const environment = new Environment(variables);
  return {
    hostname: environment.text("HOST") ?? "127.0.0.1",
    port: environment.integer("PORT", 8000, 0, 65_535),
    allowedHosts: parseHosts(environment),
    front: parseFront(environment),
    basePath: parseBasePath(environment),
    modelDirectory: environment.text("MODEL_DIR") ?? modelDirectory,
    logLevel: environment.choice("LOG_LEVEL", LOG_LEVELS, "info"),
    logFormat: environment.choice("LOG_FORMAT", ["json", "pretty"], terminal ? "pretty" : "json"),
    stream: parseStream(environment),
    pipeline: parsePipeline(environment),
    video: parseVideo(environment),
    camera: {
      file: environment.text("CAMERAS_FILE"),
      idleGraceMs: environment.seconds("CAMERA_IDLE_GRACE_S", 30),
    },
    rulesFile: environment.text("RULES_FILE"),
    events: readEvents(environment),
    cluster: readCluster(environment),
  };
}
