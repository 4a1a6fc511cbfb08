/**
 * The video of a camera for those who play it, as HTTP Live Streaming.
 *
 * @module
 */

import { join, resolve } from "node:path";
import type { CameraQuality } from "../protocol/camera.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { Size } from "../image/size.ts";
import { logEvent } from "../telemetry/log.ts";
import type { CameraSource } from "./camera_source.ts";

/** A quality that the decode process makes. */
export interface HlsQuality extends Pick<CameraQuality, "level" | "bitrate">, Size {}

/** Holds the files of all cameras, below the data directory. */
export const HLS_FOLDER = "hls";

/** Without a request for a playlist for so long nobody plays it any more, in milliseconds. */
const FORGOTTEN_MS = 15_000;
/** How long a player waits for the first playlist of a camera that was off, in milliseconds. */
const START_MS = 15_000;
/** After how long a video that cannot be written is begun anew, in milliseconds. */
const RETRY_MS = 5000;
/** How often it is looked for, in milliseconds. */
const LOOK_MS = 100;

/** The names that the decode process gives its files. */
const NAME = /^(?:master\.m3u8|(?:720p|480p|360p)(?:\.m3u8|_\d{5,9}\.ts))$/;

/** Whether a file of this name can be there. */
export function isHlsName(name: string): boolean {
  return NAME.test(name);
}

/** Whether a name is that of a playlist. */
export function isPlaylist(name: string): boolean {
  return name.endsWith(".m3u8");
}

/** What a playback needs of its camera. */
export interface HlsPlaybackOptions {
  /** Holds the cameras' files. */
  dataDirectory: string;
  /** Of the camera. */
  id: string;
  /** Counts the players in as one client; the returned function counts them out. */
  join(): () => void;
  /** Whether the camera gives no frames now, so that waiting is of no use. */
  hasFailed(): boolean;
}

/** Begins with the first request for a playlist, and ends a while after the last; only then are there files, and a cost. */
export class HlsPlayback {
  readonly #options: HlsPlaybackOptions;
  #source: CameraSource | undefined;
  /** Counts the sources, each of which has a folder of its own. */
  #part = 0;
  #begunAt = 0;
  #isUnwritable = false;
  #leave: (() => void) | undefined;
  #forgotten: ReturnType<typeof setTimeout> | undefined;

  /** Begins without players. */
  constructor(options: HlsPlaybackOptions) {
    this.#options = options;
  }

  /** Whether somebody plays it. */
  get isPlaying(): boolean {
    return this.#leave !== undefined;
  }

  /** Whether it cannot be written now, as when the disk is full. */
  get isUnwritable(): boolean {
    return this.#isUnwritable;
  }

  /** Where the files are now, below the data directory. */
  get folder(): string {
    return join(HLS_FOLDER, this.#options.id, String(this.#part));
  }

  /** Notes the source of the camera; `undefined` once its process has ended. */
  setSource(source: CameraSource | undefined): void {
    this.#source = source;
    if (source === undefined) this.#removeFiles();
    else if (this.isPlaying) this.#begin(source);
  }

  /** Tells what was found in a frame, which puts it into the video. */
  annotate(frameIndex: number, result: PipelineResult): void {
    if (this.isPlaying) this.#source?.annotate(frameIndex, result);
  }

  /**
   * Finds a file for a player.
   *
   * @param name One that {@linkcode isHlsName} knows
   * @returns Its path; `undefined` if it is not there, for a playlist after waiting for it
   */
  async find(name: string): Promise<string | undefined> {
    if (isPlaylist(name)) this.#ask();
    const endsAt = performance.now() + START_MS;
    for (;;) {
      if (isPlaylist(name) && !this.#canBeWritten()) return undefined;
      const path = join(this.#base, String(this.#part), name);
      if (await isThere(path)) return path;
      const mayCome = isPlaylist(name) && this.isPlaying && !this.#options.hasFailed();
      if (!mayCome || performance.now() > endsAt) return undefined;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Ends it at once. */
  end(): void {
    clearTimeout(this.#forgotten);
    if (!this.isPlaying) return;
    this.#source?.play(null);
    this.#removeFiles();
    this.#isUnwritable = false;
    this.#leave?.();
    this.#leave = undefined;
  }

  get #base(): string {
    return resolve(this.#options.dataDirectory, HLS_FOLDER, this.#options.id);
  }

  #ask(): void {
    clearTimeout(this.#forgotten);
    this.#forgotten = setTimeout(() => this.end(), FORGOTTEN_MS);
    if (this.isPlaying) return;
    this.#leave = this.#options.join();
    if (this.#source !== undefined) this.#begin(this.#source);
  }

  /** Notes that the video has failed, and begins it anew after a while. */
  #canBeWritten(): boolean {
    const source = this.#source;
    if (source?.hasVideoFailed && !this.#isUnwritable) this.#noteFailure();
    if (!this.#isUnwritable) return true;
    if (source === undefined || performance.now() - this.#begunAt < RETRY_MS) return false;
    this.#removeFiles();
    this.#begin(source);
    return !this.#isUnwritable;
  }

  #noteFailure(): void {
    this.#isUnwritable = true;
    const { id } = this.#options;
    const fields = { camera: id, code: "video_unwritable" };
    logEvent("warning", "camera_error", `Camera ${id}: its video cannot be written`, fields);
  }

  #begin(source: CameraSource): void {
    this.#part += 1;
    this.#begunAt = performance.now();
    this.#isUnwritable = false;
    const directory = join(this.#base, String(this.#part));
    try {
      Deno.mkdirSync(directory, { recursive: true });
    } catch {
      this.#noteFailure();
      return;
    }
    source.play({ directory });
  }

  #removeFiles(): void {
    try {
      Deno.removeSync(this.#base, { recursive: true });
    } catch {
      // There are none, or one is just being written: the end of the process removes it.
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** A playlist whose entries carry the token of the request for it, for players that know no other way. */
export function withToken(playlist: string, token: string): string {
  const query = `?token=${encodeURIComponent(token)}`;
  return playlist.replaceAll(/^(?!#)(\S+)$/gm, `$1${query}`);
}
