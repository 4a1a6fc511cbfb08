/**
 * What the machines of a cluster tell each other, and under which subjects.
 *
 * @module
 */

import * as v from "valibot";
import type { SegmentRun } from "../pipeline/segment_dispatcher.ts";
import type { SegmentOutcome } from "../pipeline/worker_tasks.ts";
import type { PoolLoad, Turn } from "../workers/worker_pool.ts";
import { CameraIdSchema, type CameraView } from "../protocol/camera.ts";
import type { RuleCounts } from "../protocol/rule.ts";
import { count, duration, text, uuid } from "../protocol/values.ts";
import type { WorkerFailure } from "../workers/worker_messages.ts";
import { decodePacket } from "./packet.ts";

/** More workers than any machine has, so that nobody can count on what is no number of workers. */
const MOST_WORKERS = 10_000;
/** More viewers than any server has. */
const MOST_VIEWERS = 100_000;

/** The id of a node is part of a subject, so it has to be a UUID indeed. */
const nodeId = v.pipe(v.string(), v.uuid());
/** A name, version or hash, which is shown and logged. */
const label = v.pipe(text, v.maxLength(256));

const LoadSchema: v.GenericSchema<PoolLoad> = v.object({
  workers: v.pipe(count, v.maxValue(MOST_WORKERS)),
  underWay: count,
  taskMs: duration,
});

const NodeLoadSchema = v.object({ detection: LoadSchema, reading: LoadSchema });

/** Schema of {@linkcode Announcement}. */
export const AnnouncementSchema = v.object({
  /** Of this run of the program. */
  id: nodeId,
  /** Host name of the machine. */
  name: label,
  /** What the node does: `serve` answers clients and may compute, `worker` only computes. */
  role: v.picklist(["serve", "worker"]),
  /** Version of livesyte. */
  version: label,
  /** What its results depend on; see {@linkcode PipelineService.fingerprint}. */
  hash: label,
  /** How much it has to do, by the kind of its workers. */
  load: NodeLoadSchema,
  /** Whether it finishes what it has and takes no more. */
  isLeaving: v.boolean(),
});

/** What a node tells all others every second. */
export type Announcement = v.InferOutput<typeof AnnouncementSchema>;

/** What a node does. */
export type NodeRole = Announcement["role"];

/** How much a node has to do, by the kind of its workers. */
export type NodeLoad = Readonly<Announcement["load"]>;

/** A task for another node; a packet. */
export interface TaskMessage extends Omit<SegmentRun, "turn"> {
  /** Version and hash of the node that asks, which have to be those of the node that is asked. */
  equal: Pick<Announcement, "version" | "hash">;
  /** Whose turn it is; `null` for no bound. */
  turn: Pick<Turn, "sessionId" | "priority"> & { mostAtOnce: number | null };
}

/** What a node answers to a task, always with how much it has to do now; a packet. */
export type TaskAnswer =
  & { load: NodeLoad }
  & (
    | { outcome: SegmentOutcome; wait: number }
    | { failure: Omit<WorkerFailure, "type"> }
    | { refusal: "full" | "unequal" }
  );

const AnswerLoadSchema = v.looseObject({ load: NodeLoadSchema });
const AnswerSchema = v.union([
  v.looseObject({ outcome: v.looseObject({}), wait: v.number() }),
  v.looseObject({ failure: v.looseObject({ kind: text, message: text }) }),
  v.looseObject({ refusal: v.picklist(["full", "unequal"]) }),
]);

/** Reads the answer to a task; throws where it is none. What a node of the same version has computed is not looked at. */
export function readTaskAnswer(data: Uint8Array): TaskAnswer {
  const answer = decodePacket(data);
  v.assert(AnswerLoadSchema, answer);
  v.assert(AnswerSchema, answer);
  return answer as unknown as TaskAnswer;
}

const StreamMessageSchema = v.union([
  v.object({ text, frame: v.exactOptional(v.instance(Uint8Array<ArrayBuffer>)) }),
  v.object({ ended: v.literal(true) }),
]);

/** The answers of a stream for viewers elsewhere; a packet. */
export type StreamMessage = v.InferOutput<typeof StreamMessageSchema>;

/** Reads what is told of a stream; throws where it is something else. */
export function readStreamMessage(data: Uint8Array): StreamMessage {
  return v.parse(StreamMessageSchema, decodePacket(data));
}

/** Stands before the id of a camera where it takes the place of a session's. */
const CAMERA_PREFIX = "camera-";

/** Under which name a camera is watched, whichever server runs it and whatever session it has there. */
export function cameraStream(id: string): string {
  return CAMERA_PREFIX + id;
}

/** The id of the camera that a name of {@linkcode cameraStream} stands for; `undefined` for the id of a session. */
export function cameraOf(stream: string): string | undefined {
  return stream.startsWith(CAMERA_PREFIX) ? stream.slice(CAMERA_PREFIX.length) : undefined;
}

/** Schema of {@linkcode WatchMessage}. */
export const WatchMessageSchema = v.object({
  /** Id of the gateway that the viewers are connected to. */
  gateway: uuid,
  /** The stream: the id of its session, or for a camera what {@linkcode cameraStream} makes of its id. */
  sessionId: v.union([
    uuid,
    v.pipe(v.string(), v.startsWith(CAMERA_PREFIX), v.check(isCameraStream)),
  ]),
  /** Viewers there; 0 when the last has left. */
  viewers: v.pipe(count, v.maxValue(MOST_VIEWERS)),
  /** Whether one of them wants the frames too. */
  wantsFrames: v.boolean(),
});

/** What a gateway tells every second while somebody there watches a stream of another. */
export type WatchMessage = v.InferOutput<typeof WatchMessageSchema>;

function isCameraStream(text: string): boolean {
  return v.is(CameraIdSchema, cameraOf(text));
}

/** Schema of {@linkcode CameraRequest}. */
export const CameraRequestSchema = v.union([
  /** Keeps it on or off; `null` for neither. */
  v.strictObject({ force: v.nullable(v.picklist(["on", "off"])) }),
  /** Asks what its rules have counted. */
  v.strictObject({ counts: v.literal(true) }),
  /** Asks for a file of its video. */
  v.strictObject({ file: text }),
]);

/** What a server asks of the one that runs a camera; JSON. */
export type CameraRequest = v.InferOutput<typeof CameraRequestSchema>;

/** The answer: the camera as it is then, what was counted, or a file that is there; a packet. */
export interface CameraAnswer {
  /** As clients are told. */
  view?: CameraView;
  /** By its rules. */
  counts?: RuleCounts[];
  /** What is in the file. */
  file?: Uint8Array<ArrayBuffer>;
}

/** Reads JSON of a schema; throws where it is not of that. */
export function jsonOf<Message>(
  schema: v.GenericSchema<unknown, Message>,
): (data: Uint8Array) => Message {
  return (data) => v.parse(schema, JSON.parse(new TextDecoder().decode(data)));
}

/** The subjects of one cluster. */
export class Subjects {
  readonly #prefix: string;

  /**
   * Those of a cluster.
   *
   * @param cluster Its name: letters, digits, `-` and `_`
   */
  constructor(cluster: string) {
    this.#prefix = `livesyte.${cluster}`;
  }

  /** Where nodes announce themselves. */
  get nodes(): string {
    return `${this.#prefix}.nodes`;
  }

  /** Where gateways tell which streams are watched. */
  get watch(): string {
    return `${this.#prefix}.watch`;
  }

  /** Where a node takes tasks. */
  node(id: string): string {
    return `${this.#prefix}.node.${id}`;
  }

  /** Where the server that runs a camera takes what others ask of it. */
  camera(id: string): string {
    return `${this.#prefix}.camera.${id}`;
  }

  /** Where the answers of a stream are published while they are watched. */
  session(id: string): string {
    return `${this.#prefix}.session.${id}`;
  }
}
