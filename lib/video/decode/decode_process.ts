/**
 * The decode process: decodes one untrusted video or live source and writes its frames to standard output, or a video made of them
 * to a file.
 *
 * It runs apart from the server, because what a crafted file does to a decoder must stay there. FFmpeg reads the file,
 * and connects to the source, itself, so Deno need not allow this process to read, write, run or connect to anything.
 *
 * @module
 */

import { fitWithin } from "./display_geometry.ts";
import { VideoDecodeError } from "../errors.ts";
import {
  type DecodeRequest,
  encodeHead,
  type LiveCommand,
  type LiveRequest,
  MEMORY_EXIT_CODE,
  type RecordHead,
} from "./frame_protocol.ts";
import { encodeAnnotated } from "../annotate/annotation_encoder.ts";
import { runLive } from "../live/run_live.ts";
import { FrameFilter } from "./frame_filter.ts";
import { SourceError } from "./source_error.ts";
import { type DecodedFrame, VideoReader } from "./video_reader.ts";

const MEMORY_CHECK_MS = 50;

/** Silence after which the server is told that frames are still being skipped. */
const ALIVE_MS = 1000;

/**
 * Runs the decode process to its end; never returns.
 *
 * @param request A {@linkcode DecodeRequest} or a {@linkcode LiveRequest} as JSON
 */
export async function runDecodeProcess(request: string): Promise<never> {
  dropPermissions();
  const parsed: DecodeRequest | LiveRequest = JSON.parse(request);
  const commands = readCommands().values();
  watchMemory(parsed.maxMemoryBytes);
  try {
    if ("fps" in parsed) await runLive(parsed, { commands, write, sayAlive });
    else await decodeFile(parsed, commands);
  } catch (error) {
    // The server has gone, or wants no more.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    write(describe(error));
  }
  Deno.exit(0);
}

function describe(error: unknown): RecordHead {
  if (error instanceof SourceError) return { type: "problem", problem: error.problem };
  const message = error instanceof VideoDecodeError ? error.message : "The video cannot be decoded";
  return { type: "error", message };
}

async function decodeFile(
  request: DecodeRequest,
  commands: AsyncIterator<LiveCommand>,
): Promise<void> {
  // Nothing is said, but it has to be noticed when the server dies.
  commands.next();
  await decode(request);
  write({ type: "end" });
}

async function decode(request: DecodeRequest): Promise<void> {
  const reader = await VideoReader.open(request.path, request);
  const { info } = reader;
  write({ type: "stream", ...info });
  if (request.annotation !== undefined) {
    await encodeAnnotated(reader, request.frameSize, request.annotation, sayAlive());
    return;
  }
  using scaler = new FrameFilter(reader.orientation, [["format", "pix_fmts=rgb24"]]);
  const skip = sayAlive();
  let written = 0;
  for await (const frame of reader.frames()) {
    if (isWanted(frame, request)) {
      const { index: frameIndex, timestampMs, shown } = frame;
      const size = fitWithin(shown, request.frameSize);
      const pixels = (await scaler.apply(frame.image, size)).toBuffer();
      const [shownWidth, shownHeight] = [shown.width, shown.height];
      write({ type: "frame", frameIndex, timestampMs, ...size, shownWidth, shownHeight }, pixels);
      if (++written === request.maxFrames) return;
    } else {
      skip();
    }
  }
}

/** A function to be called for each frame that is not written: it tells the server from time to time that work goes on. */
function sayAlive(): () => void {
  let lastSaidAt = performance.now();
  return () => {
    if (performance.now() - lastSaidAt < ALIVE_MS) return;
    write({ type: "alive" });
    lastSaidAt = performance.now();
  };
}

function isWanted({ index }: DecodedFrame, { startFrame, frameStride }: DecodeRequest): boolean {
  return index >= startFrame && index % frameStride === 0;
}

/** Waits until the server has taken it all, which costs less than to be told. */
function write(head: RecordHead, body: Uint8Array = new Uint8Array()): void {
  for (let part of [encodeHead(head, body.length), body] as Uint8Array[]) {
    while (part.length > 0) part = part.subarray(Deno.stdout.writeSync(part));
  }
}

/** Gives up what loading the decoder needed; a compiled binary starts with all that the server may do. */
function dropPermissions(): void {
  for (const name of ["net", "write", "run", "read", "ffi", "env", "sys", "import"] as const) {
    Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
  }
}

/** What the server says; ends this process when standard input closes, which it does when the server dies, however it dies. */
function readCommands(): ReadableStream<LiveCommand> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let rest = "";
  return new ReadableStream({
    // Whether somebody waits for a command or not, so that the end is noticed while a source is being opened, too.
    async start(controller) {
      for (;;) {
        const length = await Deno.stdin.read(buffer).catch(() => null);
        if (length === null) Deno.exit(0);
        const text = decoder.decode(buffer.subarray(0, length), { stream: true });
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(JSON.parse(line));
      }
    },
  });
}

function watchMemory(maxBytes: number): void {
  setInterval(() => {
    if (Deno.memoryUsage().rss > maxBytes) Deno.exit(MEMORY_EXIT_CODE);
  }, MEMORY_CHECK_MS);
}

if (import.meta.main) await runDecodeProcess(Deno.args[0] ?? "");
