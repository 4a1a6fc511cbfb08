/**
 * livesyte: a real-time vision server.
 *
 * The build (`_fresh/server.js`) takes {@linkcode app} from here; run directly, this is the command line.
 *
 * @module
 */

import { createApp } from "./app.ts";
import { runJobs } from "./commands/jobs.ts";
import { defaultModelDirectory, ensureModels, runModels } from "./commands/models.ts";
import { runCommand } from "./commands/run_command.ts";
import { serve } from "./commands/serve.ts";
import { runVideo } from "./commands/video.ts";
import { UsageError } from "./commands/usage_error.ts";
import { checkWorkerSettings, runWorker } from "./commands/worker.ts";
import { type Config, parseConfig } from "./lib/config.ts";
import { PROBE_SUBCOMMAND } from "./lib/devices/probe_device.ts";
import type { Front } from "./lib/front/front.ts";
import { expandLan } from "./lib/front/lan.ts";
import { DECODE_SUBCOMMAND } from "./lib/video/decode/decode_command.ts";
import { Services, VERSION } from "./services.ts";

const HELP = `livesyte ${VERSION}: a real-time vision server that you run yourself

Usage: livesyte [command]

Commands:
  serve          Start the server (the default); with --lan, for phones in the same network too
  detect         Find objects and text in image files; see "detect --help"
  evaluate       Measure the accuracy of the detector; see "evaluate --help"
  jobs           Clear up the video jobs of a server; see "jobs --help"
  models         Fetch the models; see "models --help"
  video          Run a pipeline on a video file; see "video --help"
  worker         Compute for the servers of a cluster; see docs/scaling.md

Options:
  -h, --help     Show this text
  --version      Show the version

The server takes its settings from environment variables, such as PORT, HOST and MODEL_DIR: see docs/configuration.md.
`;

let services: Services | undefined;

/** The services of this process, made at the first use. */
function getServices(): Services {
  return services ??= new Services(
    parseConfig(expandLan(Deno.env.toObject()), {
      terminal: Deno.stdout.isTerminal(),
      modelDirectory: defaultModelDirectory(),
    }),
  );
}

/** The web application. */
export const app = createApp(getServices);

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

/** Fetches the models that are missing. */
async function fetchModels(): Promise<void> {
  const { config, pipelines } = getServices();
  const { model, textModel } = config.pipeline;
  await ensureModels(config.modelDirectory, [model, ...pipelines.registry.modelNames], textModel);
}

/**
 * Serves, with the models that are missing fetched first.
 *
 * @param listen Begins to answer requests; with the built page by default
 * @returns The exit code
 */
export async function fetchAndServe(
  listen?: (config: Config) => Promise<Front>,
): Promise<number> {
  await fetchModels();
  await serve(getServices().config, getServices(), listen);
  return 0;
}

/** Computes for a cluster, with the models that are missing fetched first. */
async function fetchAndWork(): Promise<number> {
  checkWorkerSettings(getServices());
  await fetchModels();
  await runWorker(getServices());
  return 0;
}

/** Takes the options of `serve` as settings. */
function readServeOptions(args: readonly string[]): void {
  const unknown = args.find((arg) => arg !== "--lan");
  if (unknown !== undefined) {
    throw new UsageError(`Unknown option ${JSON.stringify(unknown)} of serve: there is --lan`);
  }
  if (args.length > 0) Deno.env.set("LAN", "1");
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

/** Runs a command and returns the exit code. */
async function run([command = "serve", ...rest]: string[]): Promise<number> {
  // What these two take is in the text for all of them.
  if (isHelp(command) || (["serve", "worker"].includes(command) && rest.some(isHelp))) {
    await print(HELP);
    return 0;
  }
  switch (command) {
    case "serve":
      readServeOptions(rest);
      return await fetchAndServe();
    case "detect": {
      // Loaded only here, since the server itself decodes no images.
      const { runDetect } = await import("./commands/detect.ts");
      return await runDetect(rest);
    }
    case "evaluate": {
      const { runEvaluate } = await import("./commands/evaluate.ts");
      return await runEvaluate(rest);
    }
    case "jobs":
      return await runJobs(rest);
    case "models":
      return await runModels(rest);
    case "video":
      return await runVideo(rest, getServices);
    case "worker":
      if (rest.length > 0) throw new UsageError("worker takes no options: see --help");
      return await fetchAndWork();
    case DECODE_SUBCOMMAND: {
      // Loaded only here, since FFmpeg has no place in the server's process.
      const { runDecodeProcess } = await import("./lib/video/decode/decode_process.ts");
      return await runDecodeProcess(rest[0] ?? "");
    }
    case PROBE_SUBCOMMAND: {
      const { runDeviceProbe } = await import("./lib/devices/probe_process.ts");
      return await runDeviceProbe();
    }
    case "help":
      await print(HELP);
      return 0;
    case "--version":
      await print(`${VERSION}\n`);
      return 0;
    default:
      throw new UsageError(`Unknown command ${JSON.stringify(command)}: see --help`);
  }
}

// Not awaited: the build imports this module, which has to be complete by then.
if (import.meta.main) void runCommand(() => run(Deno.args));
