/** Runs a pipeline on a video file: `deno task run video FILE`. */

import { resolve } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import { parseRules } from "../lib/events/parse_rules.ts";
import { parseRulesJson, rulesFileError } from "../lib/events/rule_sets.ts";
import type { Rule } from "../lib/protocol/rule.ts";
import { analyseFrames } from "../lib/video/analyse_frames.ts";
import { VideoDecoder } from "../lib/video/decode/video_decoder.ts";
import { VideoWatch } from "../lib/video/video_events.ts";
import { reasonOf } from "../lib/user_error.ts";
import type { Services } from "../services.ts";
import { tellFallback } from "./tell_fallback.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";
import { print, writeOutput } from "./write_output.ts";

const HELP = `Usage: livesyte video [options] FILE

Runs a pipeline on each frame of a video and writes what it finds, one JSON object a line. MP4, MOV, WebM, MKV, AVI and
MPEG-TS files of any size can be read.

Options:
  --pipeline ID   The pipeline (default: yolo_ocr, or classify if YOLO_MODEL is a classifier)
  --stride N      Process only every Nth frame (default: 1)
  --rules FILE    A list of rules as JSON: writes the events that they notice, in place of what was found
  --out FILE      Write the results here; an existing file is overwritten (default: standard output)
  -h, --help      Show this text
`;

/** Name of this process among the sessions of the pipelines. */
const SESSION = "video";

interface VideoArguments {
  file: string;
  /** The one that is offered first by default. */
  pipelineId: string | undefined;
  frameStride: number;
  /** Path of a list of rules. */
  rulesFile: string | undefined;
  out: string | undefined;
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the command's name
 * @param getServices Called unless the arguments make no sense, or ask for help only
 * @returns The exit code, 0
 * @throws {UsageError} If an argument makes no sense, or a file cannot be opened
 * @throws {UserError} If rules cannot be used
 * @throws {VideoDecodeError} If the video cannot be decoded to its end; the results up to there are written
 */
export async function runVideo(args: string[], getServices: () => Services): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    await print(HELP);
    return 0;
  }
  const services = getServices();
  const { pipelines } = services;
  const { pipelineId = pipelines.registry.first } = parsed;
  if (!pipelines.isValidPipeline(pipelineId)) {
    const known = pipelines.registry.list().map(({ id }) => id).join(", ");
    throw new UsageError(`Unknown pipeline ${JSON.stringify(pipelineId)}: known are ${known}`);
  }
  await checkFiles(parsed);
  const rules = await readRules(parsed.rulesFile);
  await pipelines.start();
  try {
    await tellFallback(pipelines);
    if (rules !== undefined) checkRules(services, rules, { ...parsed, pipelineId });
    await process(services, { ...parsed, pipelineId, rules });
    return 0;
  } finally {
    pipelines.stop();
  }
}

function parse(args: string[]): VideoArguments | undefined {
  const { values, positionals } = readOptions("video", {
    args,
    allowPositionals: true,
    options: {
      pipeline: { type: "string" },
      stride: { type: "string", default: "1" },
      rules: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [file, ...others] = positionals;
  if (file === undefined || file === "" || others.length > 0) {
    throw new UsageError('Name one video file; see "video --help"');
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
    rulesFile: values.rules,
    out: values.out,
  };
}

/** Reads a list of rules; `undefined` for none. @throws {UserError} If it cannot be used */
async function readRules(path: string | undefined): Promise<Rule[] | undefined> {
  if (path === undefined) return undefined;
  try {
    return parseRules(parseRulesJson(await Deno.readTextFile(path)));
  } catch (error) {
    throw rulesFileError("--rules", path, error);
  }
}

/** @throws {UserError} If the pipeline does not find what the rules look for */
function checkRules(
  services: Services,
  rules: readonly Rule[],
  { pipelineId, rulesFile = "" }: VideoArguments & { pipelineId: string },
): void {
  try {
    services.rules.check(rules, pipelineId);
  } catch (error) {
    throw rulesFileError("--rules", rulesFile, error);
  }
}

/** @throws {UsageError} If the video cannot be read, or the results would be written over it */
async function checkFiles({ file: path, out }: VideoArguments): Promise<void> {
  const cannotOpen = (reason: string, cause?: unknown) =>
    new UsageError(`Cannot open ${path}: ${reason}`, { cause });
  let video: Deno.FileInfo;
  try {
    video = await Deno.stat(path);
    // Opening a pipe would wait for somebody who writes into it.
    if (video.isFile) (await Deno.open(path)).close();
  } catch (error) {
    throw cannotOpen(reasonOf(error), error);
  }
  if (!video.isFile) throw cannotOpen(video.isDirectory ? "it is a folder" : "it is not a file");
  if (out === undefined) return;
  const there = await Deno.stat(out).catch(() => undefined);
  const isSame = there?.ino === video.ino && there?.dev === video.dev && video.ino !== null;
  if (isSame || resolve(out) === resolve(path)) {
    throw new UsageError(`Cannot write ${out}: it is the video to read`);
  }
}

/** A function that writes a result, and what closes the file. */
function openOutput(path: string | undefined): Disposable & { write(text: string): Promise<void> } {
  if (path === undefined) return { write: print, [Symbol.dispose]() {} };
  try {
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    return {
      write: (text) => writeOutput(file, text, path),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (cause) {
    throw new UsageError(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}

async function process(
  services: Services,
  { file, pipelineId, frameStride, rules, out }: VideoArguments & {
    pipelineId: string;
    rules: readonly Rule[] | undefined;
  },
): Promise<void> {
  await using decoder = await VideoDecoder.open(file, {
    frameSize: services.videoFrameSize(pipelineId),
    frameStride,
  });
  // Only now, since results that are there already are better than those of a file that is no video.
  using output = openOutput(out);
  const total = Math.ceil((decoder.info.frameCount ?? 0) / frameStride);
  using progress = showProgress(total);
  const results = analyseFrames({
    decoder,
    processor: services.videoProcessor,
    pipelineId,
    jobId: SESSION,
    framesAtOnce: () => services.videoFramesAtOnce(),
    signal: new AbortController().signal,
  });
  const watch = rules === undefined ? undefined : new VideoWatch(rules);
  for await (const result of results) {
    const lines = watch?.look(result) ?? [result];
    for (const line of lines) await output.write(`${JSON.stringify(line)}\n`);
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
