/** Runs a pipeline on a video file: `deno task run video FILE`. */

import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import type { VideoFrameResult } from "../lib/protocol/video_results.ts";
import { VideoDecodeError } from "../lib/video/errors.ts";
import { scaleResult } from "../lib/video/scale_result.ts";
import { mapInOrder } from "../lib/video/map_in_order.ts";
import { VideoDecoder } from "../lib/video/decode/video_decoder.ts";
import { reasonOf } from "../lib/user_error.ts";
import type { Services } from "../services.ts";
import { UsageError } from "./usage_error.ts";

const HELP = `Usage: livesyte video [options] FILE

Runs a pipeline on each frame of a video and writes what it finds, one JSON object a line. There is no size limit, and
any MP4 or WebM will do.

Options:
  --pipeline ID   The pipeline (default: yolo_ocr)
  --stride N      Look at every Nth frame only (default: 1)
  --out FILE      Write the results here, over what is there (default: standard output)
  -h, --help      Show this text
`;

/** Name of this process among the sessions of the pipelines. */
const SESSION = "video";

interface VideoArguments {
  file: string;
  pipelineId: string;
  frameStride: number;
  out: string | undefined;
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the command's name
 * @param getServices Called unless the arguments make no sense, or ask for help only
 * @returns The exit code: 0, or 1 when the video cannot be decoded to its end; the results up to there are written
 * @throws {UsageError} If an argument makes no sense, or a file cannot be opened
 */
export async function runVideo(args: string[], getServices: () => Services): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    await write(Deno.stdout, HELP);
    return 0;
  }
  const services = getServices();
  const { pipelines } = services;
  if (!pipelines.isValidPipeline(parsed.pipelineId)) {
    const known = pipelines.registry.list().map(({ id }) => id).join(", ");
    throw new UsageError(
      `Unknown pipeline ${JSON.stringify(parsed.pipelineId)}: known are ${known}`,
    );
  }
  await checkReadable(parsed.file);
  await pipelines.start();
  try {
    using output = openOutput(parsed.out);
    await process(services, parsed, (result) => write(output, `${JSON.stringify(result)}\n`));
    return 0;
  } catch (error) {
    if (!(error instanceof VideoDecodeError)) throw error;
    await write(Deno.stderr, `livesyte: ${error.message}\n`);
    return 1;
  } finally {
    pipelines.stop();
  }
}

function parse(args: string[]): VideoArguments | undefined {
  const { values, positionals } = parseOptions(args);
  if (values.help) return undefined;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new UsageError("Name one video file: see video --help");
  }
  if (!/^[1-9]\d{0,8}$/.test(values.stride)) {
    throw new UsageError(
      `Cannot use --stride ${JSON.stringify(values.stride)}: expected a whole number above 0`,
    );
  }
  return {
    file,
    pipelineId: values.pipeline,
    frameStride: Number(values.stride),
    out: values.out,
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        pipeline: { type: "string", default: "yolo_ocr" },
        stride: { type: "string", default: "1" },
        out: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}: see video --help`);
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    using file = await Deno.open(path);
    if ((await file.stat()).isFile) return;
  } catch (error) {
    throw new UsageError(`Cannot open ${path}: ${reasonOf(error)}`);
  }
  throw new UsageError(`Cannot open ${path}: it is no file`);
}

function openOutput(path: string | undefined): Disposable & typeof Deno.stdout | Deno.FsFile {
  if (path === undefined) return Object.assign(Deno.stdout, { [Symbol.dispose]() {} });
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`);
  }
}

async function process(
  services: Services,
  { file, pipelineId, frameStride }: VideoArguments,
  onResult: (result: VideoFrameResult) => Promise<void>,
): Promise<void> {
  await using decoder = await VideoDecoder.open(file, {
    frameSize: services.videoFrameSize(pipelineId),
    frameStride,
  });
  const total = Math.ceil((decoder.info.frameCount ?? 0) / frameStride);
  using progress = showProgress(total);
  const { pipelines } = services;
  const processed = mapInOrder(
    decoder.frames(),
    () => services.videoFramesAtOnce(),
    async ({ frameIndex, timestampMs, data: pixels, width, height }) => {
      const image = { pixels, width, height };
      const result = await pipelines.runOnPixels({
        pipelineId,
        sessionId: SESSION,
        frameIndex,
        image,
      });
      return { frameIndex, timestampMs, result };
    },
  );
  for await (const { frameIndex, timestampMs, result } of processed) {
    pipelines.follow({ pipelineId, sessionId: SESSION, result, timestampMs });
    await onResult({
      frame_index: frameIndex,
      timestamp_ms: timestampMs,
      result: scaleResult(result, decoder.info),
    });
    progress.advance();
  }
}

/** A bar on standard error, so that standard output holds results only; nothing where that is no terminal. */
function showProgress(total: number): Disposable & { advance(): void } {
  if (!Deno.stderr.isTerminal()) return { advance() {}, [Symbol.dispose]() {} };
  const bar = new SingleBar(
    { format: "{bar} {percentage}% {value}/{total} frames, {eta_formatted} left" },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: () => bar.increment(), [Symbol.dispose]: () => bar.stop() };
}

async function write(
  output: { write(bytes: Uint8Array): Promise<number> },
  text: string,
): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await output.write(bytes));
}
