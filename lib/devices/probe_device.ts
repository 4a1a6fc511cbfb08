/**
 * Tries a device in a process of its own, since a driver that crashes or hangs takes its process with it.
 *
 * @module
 */

import { type ChildProgram, ownProgram, spawnProgram } from "../child_program.ts";
import type { Device } from "../config.ts";
import type { PreparedDetector } from "../models/specialized_model.ts";

/** What the probe process is asked. */
export interface ProbeRequest {
  /** What is to be tried. */
  device: Device;
  /** The network that will run on it. */
  detector: PreparedDetector;
  /** URL of the image that it looks at. */
  image: string;
  /** Threads that the processor, with which the device is compared, runs the network on. */
  threads: number;
}

/** What the probe process answers. */
export type ProbeAnswer =
  /** The device computes what the processor does; with the milliseconds of one inference of each, the median. */
  | { type: "works"; deviceMs: number; cpuMs: number }
  /** It computes something else. */
  | { type: "differs" }
  /** It cannot be used; with what onnxruntime says of that. */
  | { type: "refused"; cause: string };

/** What came of trying a device. */
export type ProbeOutcome =
  | ProbeAnswer
  /** The process ended without an answer. */
  | { type: "crashed" }
  /** There was none in time. */
  | { type: "silent" };

/** Subcommand of the compiled binary that runs the probe process. */
export const PROBE_SUBCOMMAND = "probe-device";

/** Options for {@linkcode probeDevice}. */
export interface ProbeOptions {
  /** Milliseconds after which the process is ended. */
  timeoutMs: number;
  /** What is run, and takes a {@linkcode ProbeRequest} from standard input; this very program by default. */
  command?: ChildProgram | undefined;
  /** Ends the process early when it is aborted. */
  signal: AbortSignal;
}

/**
 * Runs an inference on a device and on the processor, and compares them.
 *
 * @throws The reason of `signal`, if it is aborted
 */
export async function probeDevice(
  request: ProbeRequest,
  { timeoutMs, command = defaultProbeCommand(), signal }: ProbeOptions,
): Promise<ProbeOutcome> {
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = spawn(command);
  } catch (cause) {
    return { type: "refused", cause: String(cause) };
  }
  const end = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const ended = Promise.withResolvers<ProbeOutcome>();
  // One that hangs within its driver may not even end when it is killed, so that nobody waits for it.
  const stop = () => {
    kill(child);
    ended.resolve({ type: "silent" });
  };
  end.addEventListener("abort", stop);
  try {
    const outcome = await Promise.race([ask(child, request), ended.promise]);
    signal.throwIfAborted();
    return outcome;
  } finally {
    end.removeEventListener("abort", stop);
  }
}

/** The probe process, which may load libraries and read files and settings, and nothing else. */
function defaultProbeCommand(): ChildProgram {
  return ownProgram({
    subcommand: PROBE_SUBCOMMAND,
    script: new URL("./probe_process.ts", import.meta.url).href,
    permissions: ["--allow-ffi", "--allow-read", "--allow-env"],
  });
}

function spawn(command: ChildProgram): Deno.ChildProcess {
  // Drivers read variables of many names; the token is no business of theirs, and traces are made by the server alone.
  const { STREAM_AUTH_TOKEN: _token, OTEL_DENO: _traces, ...env } = Deno.env.toObject();
  return spawnProgram(command, { env });
}

async function ask(child: Deno.ChildProcess, request: ProbeRequest): Promise<ProbeOutcome> {
  const output = new Response(child.stdout).text();
  // One that has ended already takes nothing.
  await new Response(JSON.stringify(request)).body?.pipeTo(child.stdin).catch(() => {});
  // Drivers may write there too, and before.
  const answer = (await output).trim().split("\n").at(-1) ?? "";
  if (!(await child.status).success) return { type: "crashed" };
  try {
    return JSON.parse(answer);
  } catch {
    return { type: "crashed" };
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  child.unref();
}
