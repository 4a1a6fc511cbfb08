/**
 * Where that which rules notice goes to.
 *
 * @module
 */

import type { NoticedEvent } from "../protocol/event.ts";
import type { Rule, RuleAction } from "../protocol/rule.ts";

/** Whose frames the rules look at: a camera, or a stream of a client. */
export type EventSource = { cameraId: string; name: string } | { sessionId: string };

/** Something that a rule noticed, with what is needed to keep and to send it. */
export interface NoticedMoment {
  /** Whose frame it was. */
  source: EventSource;
  /** What was noticed. */
  event: NoticedEvent;
  /** Where it is to be sent to. */
  actions: readonly RuleAction[];
  /** When the frame arrived, in milliseconds since 1970. */
  atMs: number;
  /** The frame as received. */
  jpeg: Uint8Array<ArrayBuffer>;
}

/** Takes what rules notice. No call waits or throws: what cannot be kept is logged and counted. */
export interface EventSink {
  /** Keeps an event and sends it to where its rule says. */
  record(moment: NoticedMoment): void;
  /**
   * Notes how many objects of each class a camera with rules shows now; called for every frame, so that only changes are to
   * be passed on, and with an empty map when the camera ends.
   */
  noteObjects(source: EventSource, countByLabel: ReadonlyMap<string, number>): void;
  /**
   * Notes the rules of a camera, so that others can be told of them: when the camera is there at first, whenever it or its rules
   * change, and with no rules when it is removed.
   */
  noteRules(source: EventSource, rules: readonly Rule[]): void;
}
