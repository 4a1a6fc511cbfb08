/**
 * The WebSockets of the interface, what goes over them, and why they are closed.
 *
 * @module
 */

import { CLOSE_CODES, type StreamErrorCode } from "../protocol/stream.ts";
import type { Close } from "../reference/open_api_document.ts";
import type { Operation } from "./openapi_operations.ts";

/** What each error of a stream means; its close has the same word as its reason. */
const STREAM_ERRORS: Readonly<Record<StreamErrorCode, string>> = {
  invalid_pipeline: "There is no `pipeline_id` in the query, or no such pipeline.",
  invalid_rules: "There is no set of rules named as `rules` in the query says.",
  too_many_sessions: "The server has as many streams as it takes; try again later.",
  invalid_message: "A message was neither binary nor a new name for the stream.",
  invalid_frame: "A message was no JPEG that can be decoded, or one of too many pixels.",
  frame_too_large: "A message has more bytes than a frame may have.",
  pipeline_failure: "The pipeline failed on a frame.",
  session_timeout: "No frame came for too long, or the stream has lasted as long as it may.",
  internal_error: "Something unexpected went wrong on the server.",
};

const SHUTDOWN: Close = { code: 1001, reason: "server_shutdown", meaning: "The server stops." };

const SLOW_READER: Close = {
  code: 1008,
  reason: "slow_reader",
  meaning: "The client has let more than 1 MB of messages pile up.",
};

/** Closes of every WebSocket. */
const GENERAL: readonly Close[] = [
  { code: 1002, reason: "protocol_error", meaning: "The client broke the rules of WebSockets." },
  {
    code: 1008,
    reason: "too_many_frames",
    meaning: "The client sent more than 500 WebSocket frames, or 50 pings, a second.",
  },
  {
    code: 1013,
    reason: "too_slow",
    meaning: "A message came at less than 1 KiB a second over 10 s.",
  },
  { code: 1013, reason: "overloaded", meaning: "Half-sent messages hold too much memory." },
];

const TOO_LARGE: Close = {
  code: 1009,
  reason: "message_too_large",
  meaning: "The client sent a message of more than 64 KiB.",
};

/** Closes of every WebSocket whose client is sent more than it sends. */
const LISTENER: readonly Close[] = [SLOW_READER, TOO_LARGE, ...GENERAL];

/** How every WebSocket is answered. */
const UPGRADE = { answer: undefined, status: 101, errors: [426, 503] } as const;

const STREAM_ENDED = { code: 1000, reason: "stream_ended" };

const VIEWER = {
  sends: "Nothing.",
  receives: "With `frames=1`, each result is followed by a binary message with its JPEG, " +
    "unless the viewer is behind.",
};

/** All of them, in the order in which they are shown. */
export const WEB_SOCKET_OPERATIONS: readonly Operation[] = [
  {
    path: "/ws/video/stream",
    method: "get",
    summary: "WebSocket: one stream of frames and answers",
    description:
      "Every valid frame is answered exactly once, with a result or with a drop. Frames are numbered from 1; " +
      "drops are sent at once, so they may overtake the result of an earlier frame. A client that sends a frame only " +
      "when the one before has been answered loses none. One that sends as its camera gives them, 10 to 15 a second, " +
      "should send fewer when it is told to slow down.\n\n" +
      "The quickest answers come for baseline JPEGs with 4:2:0 colours, no larger than the detector's input, " +
      "640×480 for example. Coordinates are pixels of the frame as sent, whatever its EXIF orientation.\n\n" +
      "Connect again after a close with 1001, 1006, 1011 or 1013, and wait longer each time: 1 s, 2 s, 4 s. After " +
      "1003, 1007, 1008 and 1009 trying again cannot help.",
    guarded: true,
    query: "StreamQuery",
    messages: {
      sends: "Binary messages, each one complete JPEG; and text, to name the stream anew.",
      clientSchema: "RenameMessage",
      receives: "",
      schema: "ServerMessage",
      closes: [
        ...Object.entries(STREAM_ERRORS).map(([reason, meaning]) => ({
          code: CLOSE_CODES[reason as StreamErrorCode],
          reason,
          meaning,
        })),
        {
          code: 1008,
          reason: "replaced",
          meaning: "Another connection came with the same `stream_key`.",
        },
        SHUTDOWN,
        SLOW_READER,
        ...GENERAL,
      ],
    },
    ...UPGRADE,
  },
  {
    path: "/ws/video/watch",
    method: "get",
    summary: "WebSocket: the answers of another client's stream",
    description: "The ids of the streams that are open are in the answer of `GET /sessions`.",
    guarded: true,
    query: "WatchQuery",
    messages: {
      ...VIEWER,
      schema: "ViewerMessage",
      closes: [
        { ...STREAM_ENDED, meaning: "The stream has ended, or the server stops." },
        { code: 1008, reason: "session_not_found", meaning: "There is no such stream." },
        ...LISTENER,
      ],
    },
    ...UPGRADE,
  },
  {
    path: "/ws/jobs/{id}",
    method: "get",
    summary: "WebSocket: a job, now and after every change",
    guarded: true,
    messages: {
      sends: "Nothing, or pings.",
      clientSchema: "Ping",
      receives: "",
      schema: "JobMessage",
      closes: [
        {
          code: 1000,
          reason: "job_finished",
          meaning: "The job is completed, failed or cancelled.",
        },
        {
          code: 1008,
          reason: "job_not_found",
          meaning: "There is no such job, or it has been removed.",
        },
        {
          code: 1011,
          reason: "storage_unavailable",
          meaning: "The disk with the jobs cannot be used.",
        },
        SHUTDOWN,
        ...LISTENER,
      ],
    },
    ...UPGRADE,
  },
  {
    path: "/ws/cameras/{id}",
    id: "string",
    method: "get",
    summary: "WebSocket: the state of a camera, and the answers to its frames",
    description:
      "Whoever connects counts as a client, for whom the camera is started. The connection stays open whatever " +
      "becomes of the camera, until it is removed.",
    guarded: true,
    query: "CameraWatchQuery",
    messages: {
      ...VIEWER,
      schema: "ViewerMessage",
      closes: [
        { ...STREAM_ENDED, meaning: "The camera was removed, or the server stops." },
        { code: 1008, reason: "camera_not_found", meaning: "There is no such camera." },
        ...LISTENER,
      ],
    },
    ...UPGRADE,
  },
];
