/** A stream session under virtual time, with a pipeline that takes as long as it is told. */

import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { ServerMessage } from "../../lib/protocol/stream.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { qualityLadder } from "../../lib/streaming/adaptive_quality.ts";
import { MemoryBudget } from "../../lib/streaming/memory_budget.ts";
import { SessionManager, type SessionOptions } from "../../lib/streaming/session_manager.ts";
import { StreamSession } from "../../lib/streaming/stream_session.ts";

/** The smallest frame that passes validation: a header of 16x16 pixels. */
export const MINIMAL_FRAME = Uint8Array.fromHex("ffd8ffc0000b080010001001011100ffd9");

export const RESULT: PipelineResult = {
  image: { width: 16, height: 16 },
  detections: [],
  text_blocks: [],
  text: "",
  text_frame_index: null,
  timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
  models: { detector: null, recognizer: null },
};

export const SESSION_OPTIONS: SessionOptions = {
  dropThreshold: 0.1,
  slowdownThreshold: 0.3,
  qualities: qualityLadder({ width: 512, height: 384 }),
};

export const LIMITS = { maxFrameBytes: 1_000_000, maxFramePixels: 1_000_000 };

/** What the server did to the connection. */
export class RecordingTransport {
  bufferedAmount = 0;
  readonly sent: ServerMessage[] = [];
  closedWith: { code: number; reason: string } | undefined;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code: number, reason: string): void {
    this.closedWith = { code, reason };
  }
}

export class SimulatedStream {
  readonly transport = new RecordingTransport();
  readonly budget: MemoryBudget;
  readonly session: SessionManager;
  readonly stream: StreamSession;
  inFlight = 0;
  maxInFlight = 0;
  /** The times of arrival that the pipeline was told, by frame. */
  readonly arrivals: number[] = [];

  /** @param process Called with each frame's index; gives its processing time in ms, or throws */
  constructor(process: (frameIndex: number) => number, { budget = 1_000_000 } = {}) {
    this.budget = new MemoryBudget(budget);
    const processor: FrameProcessor = {
      isValidPipeline: () => true,
      runOnFrame: async (_pipelineId, frameIndex, _bytes, _sessionId, { arrivedMs }) => {
        this.arrivals.push(arrivedMs);
        this.inFlight += 1;
        this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
        try {
          const duration = process(frameIndex);
          await new Promise((resolve) => setTimeout(resolve, duration));
          return RESULT;
        } finally {
          this.inFlight -= 1;
        }
      },
    };
    this.session = new SessionManager("test", SESSION_OPTIONS);
    this.stream = new StreamSession(this.session, this.transport, {
      processor,
      limits: LIMITS,
      budget: this.budget,
    });
  }

  arrive(frame: Uint8Array = MINIMAL_FRAME): void {
    this.stream.receive(frame.slice().buffer);
  }

  get slowDowns(): number {
    return this.transport.sent.filter((message) => "warning" in message).length;
  }

  /** Indices of the frames that were answered so, in the order of the answers. */
  answered(kind: "result" | "dropped"): number[] {
    return this.transport.sent.flatMap((message) => kind in message ? [message] : [])
      .flatMap((message) => "frame_index" in message ? [message.frame_index] : []);
  }
}
