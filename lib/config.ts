/**
 * The settings of the server, read once from the environment.
 *
 * @module
 */

import { parseHostname } from "./host_name.ts";
import { UserError } from "./user_error.ts";

/** Thrown for an environment variable that cannot be used; the message names variable and value. */
export class ConfigError extends UserError {}

/** Least important level that is logged. */
export type LogLevel = "debug" | "info" | "warning" | "error";

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

/** Settings of the pipelines, from the `PIPELINE_*` and `YOLO_*` variables. */
export interface PipelineConfig {
  /** Input of the detector in pixels, multiples of 32. */
  inputSize: { width: number; height: number };
  /** Inference workers; `undefined` to find out. */
  workers: number | undefined;
  /** Threads in each worker; `undefined` to find out. */
  threads: number | undefined;
  /** A model's id in `models.json`, or the path of an ONNX file. */
  model: string;
  /** Least confidence of a detection, 0 to 1. */
  confidence: number;
  /** Overlap, 0 to 1, above which two boxes of a class count as one object. */
  iou: number;
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
}

const MEGABYTE = 1_048_576;
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

function fail(name: string, expected: string, value: string): never {
  throw new ConfigError(`Cannot parse ${name}: expected ${expected}, got ${JSON.stringify(value)}`);
}

/** Looks up and parses single variables; an empty one counts as unset, as it does in most shells' idioms. */
class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  /** The parts between commas. */
  list(name: string): string[] {
    const parts = this.text(name)?.split(",") ?? [];
    return parts.map((part) => part.trim()).filter((part) => part !== "");
  }

  number(
    name: string,
    fallback: number,
    expected: string,
    accepts: (value: number) => boolean,
  ): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    // Number() would also read "0x10" and "1e3", which nobody means here.
    const value = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : NaN;
    return accepts(value) ? value : fail(name, expected, text);
  }

  ratio(name: string, fallback: number): number {
    return this.number(name, fallback, "a number between 0 and 1", (n) => n >= 0 && n <= 1);
  }

  integer(name: string, fallback: number, minimum: number, maximum: number): number {
    return this.number(
      name,
      fallback,
      `a whole number between ${minimum} and ${maximum}`,
      (n) => Number.isInteger(n) && n >= minimum && n <= maximum,
    );
  }

  optionalInteger(name: string, minimum: number, maximum: number): number | undefined {
    if (this.text(name) === undefined) return undefined;
    return this.integer(name, minimum, minimum, maximum);
  }

  /** A number of megabytes, in bytes. */
  megabytes(name: string, fallback: number): number {
    // From 1 KiB, as less is of no use, to what numbers count exactly.
    const expected = "a number of megabytes between 0.001 and 1000000";
    const value = this.number(name, fallback, expected, (n) => n >= 0.001 && n <= 1_000_000);
    return Math.floor(value * MEGABYTE);
  }

  /** A duration given in seconds, in milliseconds; 0 switches it off. */
  seconds(name: string, fallback: number): number {
    // Timers count in 32-bit milliseconds, which is 24 days.
    const expected = "a number of seconds between 0 and 2000000";
    return this.number(name, fallback, expected, (n) => n >= 0 && n <= 2_000_000) * 1000;
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    return choices.find((choice) => choice === text) ??
      fail(name, `one of ${choices.join(", ")}`, text);
  }
}

function parseInputSize(environment: Environment): { width: number; height: number } {
  const text = environment.text("PIPELINE_INPUT_SIZE") ?? "512x384";
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  const fits = (side: number) => side % 32 === 0 && side >= 32 && side <= 1920;
  if (!fits(width) || !fits(height)) {
    fail("PIPELINE_INPUT_SIZE", "WIDTHxHEIGHT in multiples of 32 from 32 to 1920", text);
  }
  return { width, height };
}

function parseHosts(environment: Environment): string[] {
  return environment.list("ALLOWED_HOSTS").map((part) =>
    parseHostname(part) ??
      fail("ALLOWED_HOSTS", "host names such as vision.example.com, with commas between", part)
  );
}

function parseBasePath(environment: Environment): string {
  const text = environment.text("BASE_PATH") ?? "";
  const path = text.replace(/\/$/, "");
  if (!/^(\/[\w.~-]+)*$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
    fail("BASE_PATH", "a path such as /vision", text);
  }
  return path;
}

function parseOrigins(environment: Environment): string[] {
  return environment.list("STREAM_ALLOWED_ORIGINS").map((part) => {
    const url = URL.parse(part);
    if (url === null || url.origin === "null" || url.pathname !== "/") {
      fail(
        "STREAM_ALLOWED_ORIGINS",
        "origins such as https://example.com, with commas between",
        part,
      );
    }
    return url.origin;
  });
}

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
    maxFramePixels: environment.integer("STREAM_MAX_FRAME_PIXELS", 4_194_304, 1, 268_402_689),
    memoryBudgetBytes,
    maxSessions: environment.optionalInteger("STREAM_MAX_SESSIONS", 1, 1_000_000),
    idleTimeoutMs: environment.seconds("STREAM_IDLE_TIMEOUT_S", 30),
    maxSessionMs: environment.seconds("STREAM_MAX_SESSION_S", 0),
    allowedOrigins: parseOrigins(environment),
    authToken: environment.text("STREAM_AUTH_TOKEN"),
  };
}

function parsePipeline(environment: Environment): PipelineConfig {
  return {
    inputSize: parseInputSize(environment),
    workers: environment.optionalInteger("PIPELINE_WORKERS", 1, 64),
    threads: environment.optionalInteger("PIPELINE_THREADS", 1, 64),
    model: environment.text("YOLO_MODEL") ?? "yolov8n",
    confidence: environment.ratio("YOLO_CONFIDENCE", 0.25),
    iou: environment.ratio("YOLO_IOU", 0.45),
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
  };
}
