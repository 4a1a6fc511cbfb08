import type { ConnectionOptions } from "./connection.ts";
import { type EventStreamOptions, followEvents } from "./event_stream.ts";
import { answerError, LivesyteError } from "./livesyte_error.ts";
import type {
  JobList,
  JobView,
  LiveEvent,
  PipelineList,
  PipelineResult,
  PipelineSummary,
  ResultsPage,
  Rule,
  Run,
  Session,
  SessionList,
  Submitted,
  VideoEvents,
  VideoFrameResult,
} from "./messages.ts";
import { Stream, type StreamOptions } from "./stream.ts";
import { createStreamKey } from "./stream_key.ts";
import { Viewer, type ViewerOptions } from "./viewer.ts";

/** Options for {@linkcode Livesyte}. */
export interface LivesyteOptions {
  /** The server's token, where it asks for one. */
  token?: string | undefined;
  /** Constructor of WebSockets, for runtimes that have none, such as Node 20: that of the package `ws`. */
  WebSocket?: typeof WebSocket;
}

/** Options for {@linkcode Livesyte.connect}. */
export interface ConnectOptions
  extends Pick<StreamOptions, "attempts" | "onFailure" | "onSlowDown"> {
  /** What viewers see the stream called: 1 to 80 characters of one line, of which the first is no space. */
  name?: string;
  /** The set of rules that the server is to look with, by its name in the server's `RULES_FILE`; none by default. */
  rules?: string;
}

/** Options for {@linkcode Livesyte.watch}. */
export interface WatchOptions extends Pick<ViewerOptions, "attempts" | "onFailure"> {
  /**
   * Whether to receive the frames too.
   *
   * @default {false}
   */
  frames?: boolean;
}

/** Options for {@linkcode Livesyte.submitVideo}. */
export interface SubmitOptions {
  /** Name of the file, for display; that of a `File` by default, else `video`. */
  fileName?: string;
  /** Every n-th frame is looked at; 1, the default, for all. */
  frameStride?: number;
  /** Most frames that are looked at; 0, the default, for all. */
  maxFrames?: number;
  /** The rules to look with: a list, or the name of a set in the server's `RULES_FILE`; none by default. */
  rules?: readonly Rule[] | string;
  /** Ends the upload. */
  signal?: AbortSignal;
}

/** How often to ask for the state of a job, in milliseconds. */
const POLL_MS = 500;
/** Most results of one page. */
const PAGE_RESULTS = 1000;
/**
 * Attempts to reconnect in a row, the waits before which add up to about half a minute. A program would rather stop than wait
 * for ever for a server that is not there.
 */
const ATTEMPTS = 5;

/** Jobs in these states change no more by themselves. */
const FINISHED: ReadonlySet<JobView["status"]> = new Set(["completed", "failed", "cancelled"]);

/**
 * A livesyte server.
 *
 * @example
 * ```ts
 * const stream = new Livesyte("http://127.0.0.1:8000").connect("yolo_only");
 * await stream.send(await readFile("dog.jpg"));
 * for await (const { result } of stream) console.log(result.detections);
 * ```
 */
export class Livesyte {
  readonly #base: URL;
  readonly #options: LivesyteOptions;

  /**
   * Connects to nothing yet.
   *
   * @param url Address of the server, such as `https://example.com/vision/`; a `token` in its query is used too.
   * @throws {TypeError} If it is no address.
   */
  constructor(url: string | URL, options: LivesyteOptions = {}) {
    this.#base = new URL(url);
    const token = options.token ?? this.#base.searchParams.get("token");
    this.#options = token === null ? options : { ...options, token };
    this.#base.search = this.#base.hash = "";
    if (!this.#base.pathname.endsWith("/")) this.#base.pathname += "/";
  }

  /** The pipelines that the server offers. @throws {LivesyteError} If that fails. */
  async pipelines(): Promise<PipelineSummary[]> {
    return (await this.#json<PipelineList>("pipelines")).pipelines;
  }

  /** The streams that are open now, oldest first. @throws {LivesyteError} If that fails. */
  async sessions(): Promise<Session[]> {
    return (await this.#json<SessionList>("sessions")).sessions;
  }

  /**
   * Looks at one image.
   *
   * @param image A JPEG, PNG or WebP.
   * @throws {LivesyteError} If that fails.
   */
  async run(pipelineId: string, image: Uint8Array | ArrayBuffer | Blob): Promise<PipelineResult> {
    const path = `pipelines/${encodeURIComponent(pipelineId)}/run`;
    const headers = { "Content-Type": "image/jpeg" };
    const body = image as Uint8Array<ArrayBuffer> | ArrayBuffer | Blob;
    return (await this.#json<Run>(path, { method: "POST", headers, body }))
      .result;
  }

  /** Opens a stream to a pipeline. */
  connect(pipelineId: string, { name, rules, ...options }: ConnectOptions = {}): Stream {
    const url = this.#socketUrl("ws/video/stream", {
      pipeline_id: pipelineId,
      stream_key: createStreamKey(),
      ...(name !== undefined && { name }),
      ...(rules !== undefined && { rules }),
    });
    return new Stream(url, { attempts: ATTEMPTS, ...options, ...this.#connectionOptions() });
  }

  /** Follows a stream that somebody else sends. */
  watch(sessionId: string, { frames = false, ...options }: WatchOptions = {}): Viewer {
    const query = { session_id: sessionId, frames: frames ? "1" : "0" };
    const url = this.#socketUrl("ws/video/watch", query);
    return new Viewer(url, frames, {
      attempts: ATTEMPTS,
      ...options,
      ...this.#connectionOptions(),
    });
  }

  /** All video jobs, oldest first. @throws {LivesyteError} If that fails. */
  async jobs(): Promise<JobView[]> {
    return (await this.#json<JobList>("video/jobs")).jobs;
  }

  /** Where a video job stands. @throws {LivesyteError} If that fails. */
  async job(jobId: string): Promise<JobView> {
    return await this.#json<JobView>(`video/status/${encodeURIComponent(jobId)}`);
  }

  /**
   * Submits a video: MP4, MOV, WebM, MKV or AVI.
   *
   * @returns The id of its job.
   * @throws {LivesyteError} If the server refuses it, or cannot be reached.
   */
  async submitVideo(pipelineId: string, video: Blob, options: SubmitOptions = {}): Promise<string> {
    const { frameStride = 1, maxFrames = 0, rules, signal = null } = options;
    const name = options.fileName ??
      (video instanceof File ? video.name : "video");
    const body = new FormData();
    if (rules !== undefined) body.set("rules", toText(rules));
    body.set("file", video, name);
    const query = new URLSearchParams({
      pipeline_id: pipelineId,
      frame_stride: String(frameStride),
      max_frames: String(maxFrames),
    });
    const init = { method: "POST", body, signal };
    return (await this.#json<Submitted>(`video/submit?${query}`, init)).job_id;
  }

  /**
   * Follows a video job: gives it at once, after every change, and for the last time when it is `completed`, `failed` or
   * `cancelled`.
   *
   * @throws {LivesyteError} If there is no such job, or the server cannot be reached.
   */
  async *followJob(jobId: string): AsyncGenerator<JobView, void, void> {
    for (
      let seen = "";;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    ) {
      const job = await this.job(jobId);
      const isFinished = FINISHED.has(job.status);
      if (job.updated_at !== seen || isFinished) yield job;
      if (isFinished) return;
      seen = job.updated_at;
    }
  }

  /** What a completed job has found, frame by frame. @throws {LivesyteError} If that fails. */
  async *results(jobId: string): AsyncGenerator<VideoFrameResult, void, void> {
    for (let offset = 0, total = 1; offset < total;) {
      const query = `offset=${offset}&limit=${PAGE_RESULTS}`;
      const page = await this.#json<ResultsPage>(`${resultsPath(jobId)}?${query}`);
      yield* page.results;
      total = page.total;
      offset += page.results.length;
      if (page.results.length === 0) return;
    }
  }

  /** What a completed job has found, as a file. @throws {LivesyteError} If that fails. */
  async resultsFile(jobId: string, format: "csv" | "jsonl"): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#request(
      `${resultsPath(jobId)}?format=${format}`,
    );
    return body ?? new Blob().stream();
  }

  /**
   * What rules have noticed in a completed job, and what they have counted.
   *
   * @param options.rules Others than those that it was submitted with; a long list does not fit into an address.
   * @throws {LivesyteError} If that fails.
   */
  async videoEvents(
    jobId: string,
    { rules }: Pick<SubmitOptions, "rules"> = {},
  ): Promise<VideoEvents> {
    const query = rules === undefined ? "" : `?${new URLSearchParams({ rules: toText(rules) })}`;
    return await this.#json<VideoEvents>(`video/events/${encodeURIComponent(jobId)}${query}`);
  }

  /**
   * The events of all cameras and streams as they happen; iterating has no end of its own. Those that happen while a connection
   * is lost come after it, as far as the server still keeps them.
   *
   * @example
   * ```ts
   * for await (const { rule_name, timestamp } of server.events()) console.log(timestamp, rule_name);
   * ```
   * @throws {LivesyteError} If the server refuses, or cannot be reached any more.
   */
  events(options: EventStreamOptions = {}): AsyncGenerator<LiveEvent, void, void> {
    return followEvents(
      (query, init) => this.#fetch(`event/stream?${new URLSearchParams(query)}`, init),
      { attempts: ATTEMPTS, ...options },
    );
  }

  /** Cancels a video job. @throws {LivesyteError} If that fails. */
  async cancelJob(jobId: string): Promise<JobView> {
    return await this.#json<JobView>(
      `video/cancel/${encodeURIComponent(jobId)}`,
      { method: "POST" },
    );
  }

  /** Deletes a video job with its file and its results. @throws {LivesyteError} If that fails. */
  async deleteJob(jobId: string): Promise<void> {
    await this.#request(`video/${encodeURIComponent(jobId)}`, { method: "DELETE" });
  }

  #connectionOptions(): Pick<ConnectionOptions, "isRefused" | "WebSocket"> {
    const { WebSocket = globalThis.WebSocket } = this.#options;
    if (WebSocket === undefined) {
      throw new LivesyteError(
        "no_web_socket",
        "Cannot open a stream: this runtime has no WebSocket; pass that of the package ws as an option",
      );
    }
    const isRefused = () =>
      this.sessions().then(() => false, (error) => error.code === "unauthorized");
    return { WebSocket, isRefused };
  }

  /** WebSockets of browsers send no headers of ours, so the token goes into the address. */
  #socketUrl(path: string, query: Record<string, string>): string {
    const url = new URL(path, this.#base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const { token } = this.#options;
    const withToken = token === undefined ? query : { ...query, token };
    url.search = new URLSearchParams(withToken).toString();
    return url.href;
  }

  async #json<Answer>(path: string, init?: RequestInit): Promise<Answer> {
    const response = await this.#request(path, init);
    try {
      return await response.json();
    } catch (cause) {
      throw new LivesyteError("invalid_answer", `Cannot read the answer of ${path}`, { cause });
    }
  }

  async #request(path: string, init?: RequestInit): Promise<Response> {
    const response = await this.#fetch(path, init);
    if (response.ok) return response;
    throw await answerError(response);
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { token } = this.#options;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    try {
      return await fetch(new URL(path, this.#base), { ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      const message = `Cannot reach the server at ${this.#base.href}`;
      throw new LivesyteError("unreachable", message, { cause });
    }
  }
}

function resultsPath(jobId: string): string {
  return `video/results/${encodeURIComponent(jobId)}`;
}

function toText(rules: readonly Rule[] | string): string {
  return typeof rules === "string" ? rules : JSON.stringify(rules);
}
