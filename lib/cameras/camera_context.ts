/**
 * What cameras need of the rest of a server.
 *
 * @module
 */

import type { EventSink } from "../events/event_sink.ts";
import type { Size } from "../image/size.ts";
import type { Rule } from "../protocol/rule.ts";
import type { StreamServer } from "../streaming/stream_server.ts";
import type { OpenSource, SourceOptions } from "./camera_source.ts";
import type { DrawOverlay } from "./frame_relay.ts";
import type { HlsQuality } from "./hls_playback.ts";

/** What all cameras of a server share. */
export interface CameraContext {
  /** Where their streams are made, and are while they are on. */
  streams: Pick<StreamServer, "createCameraStream" | "enter" | "leave">;
  /** Opens addresses. */
  openSource: OpenSource;
  /** Whether an error of a source is meant for people. */
  isSourceFailure(error: unknown): boolean;
  /** Whether there is a pipeline of this id. */
  isValidPipeline(id: string): boolean;
  /** Checks that a pipeline finds what rules look for. @throws {RuleError} If it does not */
  checkRules(pipelineId: string, rules: readonly Rule[]): void;
  /** Takes what rules notice. */
  events: EventSink;
  /** What the frames for a pipeline are to fit within. */
  frameSize(pipelineId: string): SourceOptions["frameSize"];
  /** Holds files that are played. */
  dataDirectory: string;
  /** The qualities in which images of a size are played. */
  hlsQualities(size: Size): HlsQuality[];
  /** Draws what was found. */
  draw: DrawOverlay;
  /** How long a camera stays on without clients, in milliseconds. */
  idleGraceMs: number;
}
