/**
 * Makes sessions of WebSockets: streams that send frames, and viewers that watch them.
 *
 * @module
 */

import {
  CLOSE_CODES,
  type ErrorMessage,
  type SessionMessage,
  type StreamErrorCode,
} from "../protocol/stream.ts";
import type { ViewerError } from "../protocol/viewer.ts";
import type { StreamConfig } from "../config.ts";
import { cutText } from "../cut_text.ts";
import { logEvent } from "../telemetry/log.ts";
import { streamMetrics } from "../telemetry/metrics.ts";
import type { Quality } from "../protocol/result.ts";
import type { Session } from "../protocol/session.ts";
import { MemoryBudget } from "./memory_budget.ts";
import type { FrameProcessor } from "./frame_processor.ts";
import type { RemoteStreams } from "./remote_streams.ts";
import { nextFrame } from "./next_frame.ts";
import type { StreamObservers } from "./result_observer.ts";
import { type SessionCamera, SessionManager } from "./session_manager.ts";
import { SessionRegistry } from "./session_registry.ts";
import { StreamSession } from "./stream_session.ts";
import { readRename, sessionIdOf, type StreamNaming } from "./stream_naming.ts";
import type { StreamTransport } from "./stream_transport.ts";

/** How long a stopping server waits for clients to answer its closes. */
const CLOSE_TIMEOUT_MS = 1000;
/** Characters of an unknown id that an error repeats. */
const MAX_ECHO = 64;

/** Opens, and in the end closes, all streams of the server. */
export class StreamServer {
  /** The sessions that are open now. */
  readonly registry: SessionRegistry;
  /** What the frames of all sessions hold. */
  readonly budget: MemoryBudget;
  /** The sessions of other machines; `undefined` where this one is by itself. */
  remote: RemoteStreams | undefined;
  /** What streams can ask to be looked for; `undefined` for nothing. */
  observers: StreamObservers | undefined;
  readonly #processor: FrameProcessor;
  readonly #config: StreamConfig;
  readonly #qualities: readonly Quality[];
  /** Sockets of streams and viewers that have not closed yet, which may outlive their sessions. */
  readonly #sockets = new Set<WebSocket>();
  #onLastClosed: (() => void) | undefined;
  #isStopping = false;

  /**
   * Begins without sessions.
   *
   * @param qualities Detector inputs that sessions may use, best first
   */
  constructor(processor: FrameProcessor, config: StreamConfig, qualities: readonly Quality[]) {
    this.#processor = processor;
    this.#config = config;
    this.#qualities = qualities;
    this.budget = new MemoryBudget(config.memoryBudgetBytes);
    this.registry = new SessionRegistry(config);
    this.registry.subscribe((event) => {
      streamMetrics.sessionsActive.set(this.registry.clientStreams);
      if (event.type !== "state") return;
      logEvent("debug", "stream_state", `Stream is ${event.to}`, {
        session_id: event.session.session_id,
        pipeline_id: event.session.pipeline_id,
        from: event.from,
        to: event.to,
      });
    });
  }

  /** The sessions of this machine and of the others, oldest first. */
  list(): Session[] {
    const others = this.remote?.list() ?? [];
    if (others.length === 0) return this.registry.list();
    // The same order on every machine.
    const keyOf = ({ created_at, session_id }: Session) => `${created_at} ${session_id}`;
    return [...this.registry.list(), ...others].toSorted((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  }

  /** Whether the server is stopping and takes no new streams. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Makes a session for a WebSocket that has just opened, or sends the reason why not and closes it.
   *
   * @param socket Its `binaryType` is `arraybuffer`
   * @param pipelineId As the client gave it
   * @param rules What is to be looked for, as the client gave it; `null` for nothing
   */
  connect(
    socket: WebSocket,
    pipelineId: string | null,
    rules: string | null = null,
    naming: StreamNaming = {},
  ): void {
    this.#track(socket, () => {});
    const key = naming.stream_key;
    const sessionId = key === undefined ? undefined : sessionIdOf(key);
    if (this.#isStopping) {
      socket.close(1013, "server_shutdown");
    } else if (!pipelineId) {
      refuse(socket, "invalid_pipeline", "Query parameter pipeline_id is required");
    } else if (!this.#processor.isValidPipeline(pipelineId)) {
      refuse(socket, "invalid_pipeline", `Unknown pipeline_id: ${cutText(pipelineId, MAX_ECHO)}`);
    } else if (rules !== null && !this.observers?.has(rules)) {
      refuse(socket, "invalid_rules", `Unknown rules: ${cutText(rules, MAX_ECHO)}`);
    } else if (!this.#hasRoomFor(sessionId)) {
      const detail = `Server is at its limit of ${this.#config.maxSessions} sessions`;
      refuse(socket, "too_many_sessions", detail);
    } else {
      this.#open(socket, pipelineId, { rules, name: naming.name, sessionId });
    }
  }

  /**
   * Lets a WebSocket that has just opened watch a stream, or sends the reason why not and closes it.
   *
   * @param sessionId As the client gave it
   * @param wantsFrames Whether each result is followed by its JPEG
   */
  watch(socket: WebSocket, sessionId: string | null, wantsFrames: boolean): void {
    const stream = this.registry.get(sessionId ?? "");
    if (stream === undefined) {
      this.#watchRemote(socket, sessionId, wantsFrames);
      return;
    }
    this.#letWatch(socket, stream, wantsFrames);
  }

  /**
   * The next frame of a stream, of this machine or another.
   *
   * @param timeoutMs How long to wait for it
   * @returns One JPEG; `undefined` if there is no such stream, or it gives none in time
   */
  nextFrame(
    sessionId: string,
    timeoutMs: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const audience = this.registry.get(sessionId)?.audience;
    return nextFrame((viewer) => {
      if (audience === undefined) return this.remote?.watch(sessionId, viewer, true);
      audience.add(viewer, true);
      return () => audience.delete(viewer);
    }, timeoutMs);
  }

  /**
   * Lets a WebSocket that has just opened watch a camera, or sends the reason why not and closes it.
   *
   * @param stream Of the camera; `undefined` where there is none of that id
   * @param cameraId As the client gave it
   * @param wantsFrames Whether each result is followed by its JPEG
   */
  watchCamera(
    socket: WebSocket,
    stream: StreamSession | undefined,
    cameraId: string,
    wantsFrames: boolean,
  ): void {
    if (stream !== undefined) {
      this.#letWatch(socket, stream, wantsFrames);
      return;
    }
    this.#track(socket, () => {});
    refuse(socket, "camera_not_found", `Unknown camera: ${cutText(cameraId, MAX_ECHO)}`);
  }

  /**
   * Makes a stream whose frames the server gets itself; {@linkcode enter} puts it among the others.
   *
   * @param transport Its `failed` keeps the stream open after failures
   */
  createCameraStream(
    camera: SessionCamera,
    pipelineId: string,
    transport: StreamTransport,
  ): StreamSession {
    const session = new SessionManager(pipelineId, {
      ...this.#config,
      qualities: this.#qualities,
      camera,
    });
    return this.#createStream(session, transport);
  }

  /** Puts a camera's stream among those that are open. */
  enter(stream: StreamSession): void {
    this.registry.set(stream);
  }

  /** Takes it away again; it can be put back later. */
  leave({ session: { sessionId } }: StreamSession): void {
    this.registry.delete(sessionId);
    this.#processor.endSession?.(sessionId);
  }

  #letWatch(socket: WebSocket, stream: StreamSession, wantsFrames: boolean): void {
    stream.audience.add(socket, wantsFrames);
    stream.session.incrementClients();
    this.#track(socket, () => {
      stream.audience.delete(socket);
      stream.session.decrementClients();
    });
  }

  /**
   * Takes no new streams, and ends all sessions with 1001, each as soon as its frame in flight has been answered.
   *
   * @param timeoutMs How long those frames may take
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    await this.registry.shutdown(timeoutMs);
    if (this.#sockets.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onLastClosed = resolve;
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    await promise;
    clearTimeout(timer);
  }

  /** Keeps a socket until it has closed, however it ends. */
  #track(socket: WebSocket, onClose: (code: number) => void): void {
    this.#sockets.add(socket);
    // An abrupt reset would surface as an uncaught error; the close event follows it and does the work.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code }) => {
      this.#sockets.delete(socket);
      onClose(code);
      if (this.#sockets.size === 0) this.#onLastClosed?.();
    };
  }

  #watchRemote(socket: WebSocket, sessionId: string | null, wantsFrames: boolean): void {
    const end = this.remote?.watch(sessionId ?? "", socket, wantsFrames);
    this.#track(socket, () => end?.());
    if (end !== undefined) return;
    const detail = sessionId
      ? `Unknown session_id: ${cutText(sessionId, MAX_ECHO)}`
      : "Query parameter session_id is required";
    refuse(socket, "session_not_found", detail);
  }

  /** Whether one more stream may be opened. One that comes again is no further one, even where its last connection was not missed yet. */
  #hasRoomFor(sessionId: string | undefined): boolean {
    return this.registry.clientStreams < (this.#config.maxSessions ?? Infinity) ||
      sessionId !== undefined && this.registry.get(sessionId) !== undefined;
  }

  #open(
    socket: WebSocket,
    pipelineId: string,
    { rules, name, sessionId }: {
      rules: string | null;
      name: string | undefined;
      sessionId: string | undefined;
    },
  ): void {
    if (sessionId !== undefined) {
      this.registry.get(sessionId)?.close(1008, "replaced");
      socket.send(JSON.stringify({ session_id: sessionId } satisfies SessionMessage));
    }
    const session = new SessionManager(pipelineId, {
      ...this.#config,
      qualities: this.#qualities,
      sessionId,
      name,
    });
    const observer = rules === null ? undefined : this.observers?.open(rules, session.sessionId);
    const transport: StreamTransport = {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (text: string) => socket.send(text),
      close: (code: number, reason: string) => {
        socket.close(code, reason);
        // A client that does not answer the close must not hold its place.
        this.#disconnected(stream, code);
      },
      ...(observer !== undefined && {
        answered: ({ result }, jpeg, arrivedMs) => observer.observe(result, { jpeg, arrivedMs }),
      } satisfies Partial<StreamTransport>),
    };
    const stream = this.#createStream(session, transport);
    streamMetrics.sessions.inc();
    stream.log("info", "stream_connect", "Stream opened");
    this.registry.set(stream);
    socket.onmessage = ({ data }) => receive(stream, data);
    this.#track(socket, (code) => {
      if (code === CLOSE_CODES.frame_too_large) stream.refusedFrame();
      this.#disconnected(stream, code);
    });
  }

  #createStream(session: SessionManager, transport: StreamTransport): StreamSession {
    return new StreamSession(session, transport, {
      processor: this.#processor,
      limits: this.#config,
      budget: this.budget,
    });
  }

  #disconnected(stream: StreamSession, closeCode: number): void {
    const { session } = stream;
    if (this.registry.get(session.sessionId) !== stream) return;
    stream.disconnected();
    this.registry.delete(session.sessionId);
    this.#processor.endSession?.(session.sessionId);
    stream.log("info", "stream_disconnect", "Stream closed", {
      frame_index: session.frameIndex,
      dropped_frames: session.droppedFrames,
      duration_s: Math.round(stream.ageMs) / 1000,
      close_code: closeCode,
    });
  }
}

function receive(stream: StreamSession, data: unknown): void {
  try {
    const rename = readRename(data);
    if (rename === null) stream.receive(data);
    else stream.session.name = rename.name;
  } catch (error) {
    logEvent("error", "server_error", "Stream failed unexpectedly", { cause: String(error) });
    stream.fail("internal_error", "Unexpected error occurred");
  }
}

function refuse(
  socket: WebSocket,
  code: StreamErrorCode | ViewerError["error"],
  detail: string,
): void {
  streamMetrics.errors.inc({ code });
  logEvent("warning", "stream_error", "Connection refused", { code });
  const message = { error: code, detail } as ErrorMessage | ViewerError;
  socket.send(JSON.stringify(message));
  socket.close(code in CLOSE_CODES ? CLOSE_CODES[code as StreamErrorCode] : 1008, code);
}
