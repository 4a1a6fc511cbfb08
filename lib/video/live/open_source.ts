/**
 * Opens live sources with FFmpeg's demuxers; used in the decode process only.
 *
 * @module
 */

import { constants } from "node:os";
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AVERROR_DECODER_NOT_FOUND,
  AVERROR_DEMUXER_NOT_FOUND,
  AVERROR_EOF,
  AVERROR_HTTP_BAD_REQUEST,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_SERVER_ERROR,
  AVERROR_HTTP_TOO_MANY_REQUESTS,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_VIDEO,
} from "node-av/constants";
import { Dictionary, FormatContext, InputFormat, type Stream } from "node-av/lib";
import type { SourceAddress } from "../decode/source_address.ts";
import { SourceError, type SourceProblem } from "../decode/source_error.ts";

/** A source whose video track is found. */
export interface OpenSource {
  /** The source, at its start. */
  format: FormatContext;
  /** Its video track. */
  stream: Stream;
}

/** Longest silence in the middle of a connection, in microseconds; the server gives up before. */
const NETWORK_TIMEOUT = "15000000";

/** What the demuxer of HTTP Live Streaming, and those that read single files, open by themselves. */
const MEDIA_FORMATS = "mov,matroska,avi,mpegts,flv,mjpeg,mpjpeg";

/**
 * What FFmpeg may do for each kind of address. Protocols and formats are named, and no others allowed, so that a playlist or a
 * redirection cannot lead to files of this machine: nothing but `file` may open one.
 */
const OPTIONS: Readonly<Record<SourceAddress["kind"], Readonly<Record<string, string>>>> = {
  rtsp: {
    protocol_whitelist: "tcp,tls",
    format_whitelist: "rtsp",
    // Packets that are lost would leave smears until the next keyframe.
    rtsp_transport: "tcp",
    allowed_media_types: "video",
    timeout: NETWORK_TIMEOUT,
  },
  http: {
    protocol_whitelist: "http,https,tcp,tls,crypto",
    format_whitelist: `hls,${MEDIA_FORMATS},aac,mp3,ac3,eac3,webvtt`,
    rw_timeout: NETWORK_TIMEOUT,
  },
  file: { protocol_whitelist: "file", format_whitelist: MEDIA_FORMATS },
  device: {},
};

/** The first images tell what is needed; more of them would be old when they are shown. */
const PROBING = { probesize: "1000000", analyzeduration: "2000000", fpsprobesize: "0" };

/**
 * Opens a source and finds its video track.
 *
 * @param maxPixels Largest image that is decoded
 * @throws {SourceError} If it cannot be reached, or gives no video
 */
export async function openSource(
  { kind, url }: SourceAddress,
  maxPixels: number,
): Promise<OpenSource> {
  const format = new FormatContext();
  try {
    const demuxer = kind === "device" ? InputFormat.findInputFormat("v4l2") : null;
    const options = Dictionary.fromObject({ ...PROBING, ...OPTIONS[kind] });
    check(await format.openInput(url, demuxer, options), kind);
    // Before the streams are probed, which decodes images.
    for (const { codecpar } of format.streams) checkPixels(codecpar, maxPixels);
    check(await format.findStreamInfo(null), kind);
    const stream = format.streams[format.findBestStream(AVMEDIA_TYPE_VIDEO, -1, -1)];
    // The cover of a song is a video track of one image.
    if (stream === undefined || (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0) {
      throw new SourceError("no_track");
    }
    checkPixels(stream.codecpar, maxPixels);
    if (stream.codecpar.width * stream.codecpar.height === 0) throw new SourceError("no_frames");
    return { format, stream };
  } catch (error) {
    await format.closeInput().catch(() => {});
    throw error;
  }
}

function checkPixels({ width, height }: { width: number; height: number }, limit: number): void {
  if (width * height > limit) throw new SourceError("too_large");
}

function check(code: number, kind: SourceAddress["kind"]): void {
  if (code < 0) throw new SourceError(findProblem(code, kind));
}

const FFMPEG_PROBLEMS: ReadonlyMap<number, SourceProblem> = new Map([
  [AVERROR_HTTP_UNAUTHORIZED, "unauthorized"],
  [AVERROR_HTTP_FORBIDDEN, "forbidden"],
  [AVERROR_HTTP_NOT_FOUND, "not_found"],
  [AVERROR_HTTP_BAD_REQUEST, "server_error"],
  [AVERROR_HTTP_TOO_MANY_REQUESTS, "server_error"],
  [AVERROR_HTTP_OTHER_4XX, "server_error"],
  [AVERROR_HTTP_SERVER_ERROR, "server_error"],
  [AVERROR_INVALIDDATA, "no_video"],
  [AVERROR_DEMUXER_NOT_FOUND, "no_video"],
  [AVERROR_DECODER_NOT_FOUND, "unknown_codec"],
  [AVERROR_EOF, "no_video"],
]);

const { errno } = constants;

const NETWORK_PROBLEMS: ReadonlyMap<number, SourceProblem> = new Map([
  [-errno.ECONNREFUSED, "refused"],
  [-errno.EHOSTUNREACH, "no_route"],
  [-errno.ENETUNREACH, "no_route"],
  [-errno.ETIMEDOUT, "slow_to_open"],
  [-errno.EPROTONOSUPPORT, "udp_only"],
  // A format that is not allowed, such as a single picture, or a redirection to a file.
  [-errno.EINVAL, "no_video"],
]);

const NO_FILE = [-errno.ENOENT, -errno.EACCES, -errno.EIO, -errno.EISDIR];

/** What a number of FFmpeg's means for this kind of address. */
function findProblem(code: number, kind: SourceAddress["kind"]): SourceProblem {
  const told = FFMPEG_PROBLEMS.get(code);
  if (told !== undefined) return told;
  if (kind === "device") return code === -errno.EBUSY ? "device_busy" : "no_device";
  if (kind === "file") return NO_FILE.includes(code) ? "no_file" : "no_video";
  // What remains is mostly a name that is not known.
  return NETWORK_PROBLEMS.get(code) ?? "no_host";
}
