/**
 * Why a live source gives no frames.
 *
 * @module
 */

import { NamedError } from "../../named_error.ts";

/** Why a source gives no frames, for programs. */
export type SourceErrorCode =
  | "unreachable"
  | "unauthorized"
  | "not_found"
  | "no_video"
  | "unknown_codec"
  | "timed_out"
  | "ended"
  | "crashed"
  | "too_much_memory"
  | "no_device";

/**
 * Everything that can be wrong with a source. The decode process names one of these and says nothing in its own words, so that
 * no address, user or password can come along.
 */
const PROBLEMS = {
  wrong_address: [
    "unreachable",
    "This is no address of a camera: rtsp, rtsps, http, https, file and /dev/video0 are",
  ],
  refused: ["unreachable", "The connection is refused: nothing listens at this host and port"],
  no_route: ["unreachable", "There is no way to this host in the network"],
  no_host: ["unreachable", "The host is not known by this name, or it broke off the connection"],
  server_error: ["unreachable", "The source answers with an error of its own"],
  udp_only: ["unreachable", "The source sends over UDP only, and this reads RTSP over TCP"],
  unauthorized: ["unauthorized", "The source does not accept the user and password"],
  forbidden: ["unauthorized", "The source does not let this user see it"],
  not_found: ["not_found", "There is nothing at this path of the source"],
  no_file: ["not_found", "There is no such file, or the server may not read it"],
  no_video: ["no_video", "What the source sends is no video that can be read"],
  no_track: ["no_video", "The source has no video track"],
  no_frames: ["no_video", "The source has no frame that can be decoded"],
  too_large: ["no_video", "The video of the source has more pixels than are allowed"],
  unknown_codec: ["unknown_codec", "The video of the source is in a format that is not known"],
  slow_to_open: ["timed_out", "The source did not answer in time"],
  silent: ["timed_out", "The source has stopped sending frames"],
  ended: ["ended", "The source has ended"],
  broke_off: ["ended", "The source broke off the connection"],
  crashed: ["crashed", "Decoding the source broke off unexpectedly"],
  no_libraries: [
    "crashed",
    "This executable was made without FFmpeg: use one made with `deno task compile --video`",
  ],
  memory: ["too_much_memory", "Decoding the source needs more memory than is allowed"],
  no_device: ["no_device", "There is no such device, or the server may not use it"],
  device_busy: ["no_device", "Another program is using the device"],
} as const satisfies Record<string, readonly [SourceErrorCode, string]>;

/** What can be wrong with a source, more exactly than {@linkcode SourceErrorCode} tells. */
export type SourceProblem = keyof typeof PROBLEMS;

/** Whether this is a {@linkcode SourceProblem}. */
export function isSourceProblem(value: unknown): value is SourceProblem {
  return typeof value === "string" && Object.hasOwn(PROBLEMS, value);
}

/** Thrown when a source cannot be opened or gives no more frames; its message is a sentence for people without any address. */
export class SourceError extends NamedError {
  /** Why, for programs. */
  readonly code: SourceErrorCode;
  /** Why, more exactly. */
  readonly problem: SourceProblem;

  /** Says what is wrong in a sentence that belongs to the problem. */
  constructor(problem: SourceProblem, options?: ErrorOptions) {
    const [code, message] = PROBLEMS[problem];
    super(message, options);
    this.code = code;
    this.problem = problem;
  }
}
