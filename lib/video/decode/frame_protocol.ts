/**
 * What the decode process and the server say to each other.
 *
 * The process gets a {@linkcode DecodeRequest} or a {@linkcode LiveRequest} and writes records: the lengths of head and body as
 * two big-endian 32-bit numbers, the head as JSON, the body as raw bytes. For a live source, the server writes to its standard
 * input too: one {@linkcode LiveCommand} a line.
 *
 * @module
 */

import type { FrameBounds } from "./display_geometry.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import type { VideoInfo } from "../jobs/job.ts";
import { isSourceProblem, type SourceProblem } from "./source_error.ts";

/** A video to be made of what is decoded; its files are in the directory of the process. */
export interface Annotation {
  /** Name of the script that is drawn over the frames, without special characters. */
  script: string;
  /** Name of the MP4 that is written. */
  output: string;
  /** Largest MP4 in bytes, give or take a little. */
  maxBytes: number;
}

/** What to decode, and how. */
export interface DecodeRequest {
  /** Path of the video file, as the decode process sees it. */
  path: string;
  /** Frames are scaled down to fit within this size, keeping their shape. */
  frameSize: FrameBounds;
  /** First frame wanted, counted from 0 in the file. */
  startFrame: number;
  /** Every n-th frame is wanted, counted from frame 0; 1 for all. */
  frameStride: number;
  /** Most frames to write; 0 for all. */
  maxFrames: number;
  /** Largest image that is decoded, in pixels. */
  maxPixels: number;
  /** Memory above which the process ends itself, in bytes. */
  maxMemoryBytes: number;
  /** Longest time for counting the frames of a file that does not tell their number, in milliseconds; 0 for not counting. */
  countingMs: number;
  /** Given if a video is to be made instead of writing frames; all frames go into it, at exactly `frameSize`. */
  annotation?: Annotation;
}

/** How to decode a live source, whose address comes as the first command, since other users of the machine can read arguments. */
export interface LiveRequest {
  /** Most frames a second that are wanted. */
  fps: number;
  /** Frames are scaled down to fit within this size, keeping their shape. */
  frameSize: FrameBounds;
  /** Largest image that is decoded, in pixels. */
  maxPixels: number;
  /** Memory above which the process ends itself, in bytes. */
  maxMemoryBytes: number;
}

/** What the server tells the process of a live source. */
export type LiveCommand =
  /** Opens an address; always the first. */
  | { type: "open"; address: string }
  /** Asks for one frame: the newest that has not been sent, or else the next. */
  | { type: "next" }
  /** Begins a video with results drawn in, in a directory that is there, or ends it. */
  | { type: "play"; directory: string | null }
  /** Tells what was found in a frame, for the video. */
  | { type: "annotate"; frameIndex: number; result: PipelineResult };

/** Describes the video; always the first record, unless opening fails. */
export interface StreamHead extends VideoInfo {
  /** Tells it from the other heads. */
  type: "stream";
}

/** Announces one image; the body is its pixels, HWC uint8 RGB, length `width * height * 3`. */
export interface FrameHead {
  /** Tells it from the other heads. */
  type: "frame";
  /** Counted from 0 in the file. */
  frameIndex: number;
  /** From the start of the file; never less than that of the frame before. */
  timestampMs: number;
  /** Width of the pixels that follow. */
  width: number;
  /** Height of the pixels that follow. */
  height: number;
  /** Width at which the video shows this frame, in pixels. */
  shownWidth: number;
  /** Height at which the video shows this frame, in pixels. */
  shownHeight: number;
}

/** What is known of a live source. */
export interface SourceInfo {
  /** Width at which its images are shown, in pixels. */
  width: number;
  /** Height at which its images are shown, in pixels. */
  height: number;
  /** Frames a second, as the source tells; `null` where it does not. */
  fps: number | null;
  /** FFmpeg's name of its codec, such as `h264`, `hevc` or `mjpeg`. */
  codec: string;
}

/** Describes a live source; its first record, unless opening fails. */
export interface SourceHead extends SourceInfo {
  /** Tells it from the other heads. */
  type: "source";
}

/** Announces one image of a live source; the body is a JPEG. */
export interface JpegHead {
  /** Tells it from the other heads. */
  type: "jpeg";
  /** Counted from 0 over all images that were decoded or looked at. */
  frameIndex: number;
  /** Width of the JPEG in pixels. */
  width: number;
  /** Height of the JPEG in pixels. */
  height: number;
  /** Milliseconds since the image was decoded, or received as a JPEG. */
  ageMs: number;
  /** Frames that were to be sent since the one before, and were replaced by newer ones. */
  replaced: number;
}

/** Says why a live source gives no more frames. */
export interface ProblemHead {
  /** Tells it from the other heads. */
  type: "problem";
  /** What is wrong with it. */
  problem: SourceProblem;
}

/** Says that decoding continues while unwanted frames are skipped. */
export interface AliveHead {
  /** Tells it from the other heads. */
  type: "alive";
}

/** Says that the video that was begun last has ended, since it cannot be written. */
export interface UnwritableHead {
  /** Tells it from the other heads. */
  type: "unwritable";
}

/** Says that the video is over. */
export interface EndHead {
  /** Tells it from the other heads. */
  type: "end";
}

/** Says why decoding ends early; `message` is a sentence for people. */
export interface ErrorHead {
  /** Tells it from the other heads. */
  type: "error";
  /** A sentence for people. */
  message: string;
}

/** Head of a record. */
export type RecordHead =
  | StreamHead
  | FrameHead
  | SourceHead
  | JpegHead
  | ProblemHead
  | AliveHead
  | UnwritableHead
  | EndHead
  | ErrorHead;

/** Exit code of a decode process that needed more memory than it was allowed. */
export const MEMORY_EXIT_CODE = 86;

/** Most bytes of a head. */
const MAX_HEAD_BYTES = 4096;

/** Most pixels of a side; those of an image are limited elsewhere. */
const MAX_SIDE = 1_000_000;

const MAX_MESSAGE_LENGTH = 200;

const MAX_NAME_LENGTH = 40;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes before a record's body. */
export function encodeHead(head: RecordHead, bodyBytes = 0): Uint8Array<ArrayBuffer> {
  const json = encoder.encode(JSON.stringify(head));
  const bytes = new Uint8Array(8 + json.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, json.length);
  view.setUint32(4, bodyBytes);
  bytes.set(json, 8);
  return bytes;
}

/** Reads records from a pipe whose other end is untrusted. */
export class RecordReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #maxBodyBytes: number;

  /** Reads from the start of `stream`; a longer body than `maxBodyBytes` is refused. */
  constructor(stream: ReadableStream<Uint8Array>, { maxBodyBytes }: { maxBodyBytes: number }) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#maxBodyBytes = maxBodyBytes;
  }

  /**
   * The next record; `undefined` when the pipe ends, even amid a record.
   *
   * @throws {RangeError} If a record is longer than any can be, or its head makes no sense
   */
  async read(): Promise<{ head: RecordHead; body: Uint8Array<ArrayBuffer> } | undefined> {
    const lengths = await this.#take(8);
    if (lengths === undefined) return undefined;
    const view = new DataView(lengths.buffer, lengths.byteOffset, 8);
    const headBytes = view.getUint32(0);
    const bodyBytes = view.getUint32(4);
    if (headBytes > MAX_HEAD_BYTES || bodyBytes > this.#maxBodyBytes) {
      throw new RangeError(`Cannot read a record of ${headBytes} and ${bodyBytes} bytes`);
    }
    const head = await this.#take(headBytes);
    const body = head && await this.#take(bodyBytes);
    if (head === undefined || body === undefined) return undefined;
    return { head: parseHead(head), body };
  }

  /** Stops reading. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  /** The next `length` bytes in a buffer of their own; `undefined` when the pipe ends before. */
  async #take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { done, value } = await this.#reader.read(bytes.subarray(filled));
      if (done) return undefined;
      // The memory moves to the reader and back.
      bytes = new Uint8Array(value.buffer);
      filled += value.length;
    }
    return bytes;
  }
}

function parseHead(bytes: Uint8Array<ArrayBuffer>): RecordHead {
  try {
    return checkHead(JSON.parse(decoder.decode(bytes)));
  } catch (cause) {
    throw new RangeError("Cannot read a record whose head makes no sense", { cause });
  }
}

/** Takes over what belongs into a head and nothing else: a video may have taken the other side over. */
function checkHead(head: Record<string, unknown>): RecordHead {
  const count = (name: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER) => {
    const value = head[name];
    if (Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum) {
      return Number(value);
    }
    throw new RangeError(`Cannot use ${name} of a record`);
  };
  const countOrNull = (name: string) => head[name] === null ? null : count(name);
  const size = () => ({ width: count("width", 1, MAX_SIDE), height: count("height", 1, MAX_SIDE) });
  const { type } = head;
  switch (type) {
    case "stream": {
      const [frameCount, durationMs] = [countOrNull("frameCount"), countOrNull("durationMs")];
      return { type, ...size(), frameCount, durationMs };
    }
    case "frame": {
      const [frameIndex, timestampMs] = [count("frameIndex"), count("timestampMs")];
      const shown = {
        shownWidth: count("shownWidth", 1, MAX_SIDE),
        shownHeight: count("shownHeight", 1, MAX_SIDE),
      };
      return { type, frameIndex, timestampMs, ...size(), ...shown };
    }
    case "source": {
      const [{ fps }, codec] = [head, String(head.codec).slice(0, MAX_NAME_LENGTH)];
      const isRate = typeof fps === "number" && Number.isFinite(fps) && fps > 0;
      return { type, ...size(), fps: isRate ? fps : null, codec };
    }
    case "jpeg": {
      const [frameIndex, ageMs, replaced] = [
        count("frameIndex"),
        count("ageMs"),
        count("replaced"),
      ];
      return { type, frameIndex, ageMs, replaced, ...size() };
    }
    case "problem":
      if (isSourceProblem(head.problem)) return { type, problem: head.problem };
      break;
    case "error":
      return { type, message: String(head.message).slice(0, MAX_MESSAGE_LENGTH) };
    case "alive":
    case "unwritable":
    case "end":
      return { type };
  }
  throw new RangeError("Cannot use the type of a record");
}
