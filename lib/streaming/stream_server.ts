/**
 * Opens, sweeps and closes all streams of the server.
 *
 * @module
 */

import { CLOSE_CODES, type StreamErrorCode } from "../client/protocol.ts";
import type { StreamConfig } from "../config.ts";
import { logEvent } from "../telemetry/log.ts";
import type { FrameProcessor } from "./frame_processor.ts";
import { SessionManager } from "./session_manager.ts";
import { StreamSession } from "./stream_session.ts";

/** How often sessions are looked at for their timeouts. */
const SWEEP_INTERVAL_MS = 1000;
/** Characters of an unknown pipeline id that an error repeats. */
const MAX_ECHO = 64;

/** All streams that are open now. */
export class StreamServer {
  readonly #processor: FrameProcessor;
  readonly #config: StreamConfig;
  readonly #streams = new Set<StreamSession>();
  #sweeper: number | undefined;
  #stopping = false;

  constructor(processor: FrameProcessor, config: StreamConfig) {
    this.#processor = processor;
    this.#config = config;
  }

  /** Sessions that are open now. */
  get active(): number {
    return this.#streams.size;
  }

  /**
   * Makes a session of a WebSocket that has just opened, or tells it why not and closes it.
   *
   * @param socket Its `binaryType` is `arraybuffer`
   * @param pipelineId As the client gave it
   */
  connect(socket: WebSocket, pipelineId: string | null): void {
    const refusal = this.#refusal(pipelineId);
    if (refusal !== undefined) {
      refuse(socket, ...refusal);
    } else if (this.#stopping) {
      socket.close(1013, "server_shutdown");
    } else if (pipelineId !== null) {
      this.#open(socket, pipelineId);
    }
  }

  /**
   * Ends all sessions with 1001, each as soon as its frame in flight has been answered.
   *
   * @param timeoutMs How long those frames may take
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    await Promise.all(Array.from(this.#streams, (stream) => stream.stop(timeoutMs)));
  }

  #refusal(pipelineId: string | null): [StreamErrorCode, string] | undefined {
    if (!pipelineId) return ["invalid_pipeline", "Query parameter pipeline_id is required"];
    if (!this.#processor.isValidPipeline(pipelineId)) {
      const echo = Array.from(pipelineId.slice(0, 2 * MAX_ECHO)).slice(0, MAX_ECHO).join("");
      return ["invalid_pipeline", `Unknown pipeline_id: ${echo}`];
    }
    const { maxSessions } = this.#config;
    if (maxSessions !== undefined && this.#streams.size >= maxSessions) {
      return ["too_many_sessions", `Server is at its limit of ${maxSessions} sessions`];
    }
    return undefined;
  }

  #open(socket: WebSocket, pipelineId: string): void {
    const session = new SessionManager(pipelineId, this.#config);
    const stream = new StreamSession(session, this.#processor, socket, this.#config);
    this.#streams.add(stream);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    socket.onmessage = ({ data }) => {
      try {
        stream.receive(data);
      } catch (error) {
        logEvent("error", "server_error", "Stream failed unexpectedly", { cause: String(error) });
        stream.fail("internal_error", "Unexpected error occurred");
      }
    };
    // Without a listener an abrupt reset would surface as an uncaught error; the close event follows and does the work.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code }) => this.#ended(stream, code);
  }

  #ended(stream: StreamSession, closeCode: number): void {
    if (!this.#streams.delete(stream)) return;
    stream.ended(closeCode);
    if (this.#streams.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }

  #sweep(): void {
    const { idleTimeoutMs, maxSessionMs } = this.#config;
    for (const stream of this.#streams) {
      if (idleTimeoutMs > 0 && stream.idleMs >= idleTimeoutMs) {
        stream.fail("session_timeout", `No frame received for ${idleTimeoutMs / 1000} seconds`);
      } else if (maxSessionMs > 0 && stream.ageMs >= maxSessionMs) {
        stream.fail("session_timeout", `Session exceeded ${maxSessionMs / 1000} seconds`);
      }
    }
  }
}

function refuse(socket: WebSocket, code: StreamErrorCode, detail: string): void {
  logEvent("warning", "stream_error", "Stream refused", { code });
  socket.send(JSON.stringify({ error: code, detail }));
  socket.close(CLOSE_CODES[code], code);
}
