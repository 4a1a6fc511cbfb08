/**
 * Makes the single executable: `deno task compile`.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type ContentsOptions, entryModules, permissions, VERSION } from "./contents.ts";
import { foreignRuntimes, FROM_CACHE, importedPackages, type Platform } from "./npm_packages.ts";
import { copyProgram, installPackages } from "./program_folder.ts";
import { writeSelfExtracting } from "./self_extracting.ts";

const USAGE = `Usage: deno task compile [options]

Makes one executable of livesyte, with its models, for machines without Deno, Node or network.

Options:
  --output FILE    Where to write it (default: dist/livesyte)
  --target TARGET  Another platform, such as aarch64-unknown-linux-gnu; needs the network
  --no-models      Leave the models out; the first start fetches them
  --video          Bring FFmpeg, to read video files (adds its licence, the GPL)
  -h, --help       Show this text
`;

interface CompileOptions extends ContentsOptions {
  /** Absolute path. */
  output: string;
  /** Rust's name of a platform. */
  target: string;
}

function parseOptions(args: string[]): CompileOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      output: { type: "string", default: "dist/livesyte" },
      target: { type: "string", default: Deno.build.target },
      "no-models": { type: "boolean", default: false },
      video: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const { output, target, video } = values;
  return { output: resolve(output), target, video, models: !values["no-models"] };
}

function platformOf(target: string): Platform {
  const [arch = "", , system = ""] = target.split("-");
  return { os: system, arch };
}

/**
 * Lets `deno compile` make the executable.
 *
 * @returns Why it cannot, if its runtime cannot be had
 */
async function compileWithDeno(
  folder: string,
  options: CompileOptions,
): Promise<string | undefined> {
  const packages = await importedPackages(entryModules(options));
  const runtime = packages.find(({ name }) => name === "onnxruntime-node")?.localPath ?? "";
  const excluded = await foreignRuntimes(runtime, platformOf(options.target));
  const { models } = options;
  const included = [
    ...["_fresh", "static", "pipelines", "lib/pipeline/canary.jpg"],
    ...(models ? ["models"] : []),
    ...entryModules(options).slice(1),
  ];
  const args = [
    ...["compile", FROM_CACHE, "--no-check", "--self-extracting", ...permissions()],
    ...["--target", options.target, "--output", options.output],
    ...included.flatMap((path) => ["--include", path]),
    ...excluded.flatMap((path) => ["--exclude", path]),
    "main.ts",
  ];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder })
    .output();
  if (success) return undefined;
  const reason = new TextDecoder().decode(stderr);
  if (!/denort/i.test(reason)) throw new Error(`Cannot compile: ${reason}`);
  return "The runtime of compiled programs (denort) cannot be fetched";
}

/**
 * Starts the executable and stops it again, so that none leaves here that does not serve.
 *
 * @returns What it wrote where it did not
 */
async function tryOut(binary: string, folder: string): Promise<string | undefined> {
  const child = new Deno.Command(binary, {
    args: ["serve"],
    cwd: folder,
    env: { PORT: "0", HOST: "127.0.0.1", LOG_FORMAT: "json", LIVESYTE_CACHE: `${folder}/cache` },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let log = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const wasReady = log.includes('"server_start"');
    log += text;
    if (!wasReady && log.includes('"server_start"')) child.kill("SIGTERM");
  }
  const { success } = await child.status;
  return success && log.includes('"server_start"') ? undefined : log + await errors;
}

/** Makes the executable at `options.output`, one way or the other. */
async function makeExecutable(folder: string, options: CompileOptions): Promise<void> {
  const isNative = options.target === Deno.build.target;
  await copyProgram(folder, options);
  let problem = await compileWithDeno(folder, options);
  if (problem === undefined && isNative && await tryOut(options.output, folder) !== undefined) {
    problem = "What deno compile made does not serve here";
  }
  if (problem === undefined) return;
  if (!isNative) throw new Error(`Cannot compile for ${options.target}: ${problem}`);
  print(`${problem}: making a self-extracting executable instead\n`);
  await installPackages(folder, platformOf(options.target));
  await writeSelfExtracting(folder, options.output);
  const failure = await tryOut(options.output, folder);
  if (failure !== undefined) throw new Error(`Cannot start what was made: ${failure}`);
}

async function compile(options: CompileOptions): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "livesyte-" });
  const unfinished = `${options.output}.${Deno.pid}`;
  try {
    await Deno.mkdir(dirname(options.output), { recursive: true });
    await makeExecutable(folder, { ...options, output: unfinished });
    await Deno.rename(unfinished, options.output);
  } finally {
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(unfinished).catch(() => {});
  }
  const { size } = await Deno.stat(options.output);
  print(`livesyte ${VERSION} is in ${options.output} (${Math.round(size / 1e6)} MB)\n`);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

const options = parseOptions(Deno.args);
if (options === undefined) print(USAGE);
else await compile(options);
