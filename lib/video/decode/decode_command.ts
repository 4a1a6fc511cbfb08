/**
 * How the decode process is started.
 *
 * @module
 */

/** A program and its arguments; the request is added as the last one. */
export interface DecodeCommand {
  /** Path of the program. */
  command: string;
  /** What stands before the request. */
  args: string[];
}

/** Subcommand of the compiled binary that runs {@linkcode runDecodeProcess}. */
export const DECODE_SUBCOMMAND = "decode-video";

/** Variables by which Deno finds its cache, and nothing else: the process has no business with tokens or the network. */
const PASSED_VARIABLES = [
  "DENO_DIR",
  "HOME",
  "LOCALAPPDATA",
  "SystemRoot",
  "TEMP",
  "TMPDIR",
  "USERPROFILE",
  "XDG_CACHE_HOME",
];

/**
 * The command for this very program: the compiled binary itself, or else Deno with {@linkcode runDecodeProcess} and
 * leave to load FFmpeg's libraries only.
 */
export function defaultDecodeCommand(): DecodeCommand {
  if (Deno.build.standalone) return { command: Deno.execPath(), args: [DECODE_SUBCOMMAND] };
  const script = new URL("./decode_process.ts", import.meta.url).href;
  // AV_FROM_SOURCE is what node-av asks for while it loads.
  const permissions = ["--no-prompt", "--allow-ffi", "--allow-env=AV_FROM_SOURCE"];
  return {
    command: Deno.execPath(),
    args: ["run", "--quiet", "--cached-only", ...permissions, script],
  };
}

/**
 * Starts a decode process, its standard input held open for as long as it may live.
 *
 * @param directory Where it looks for files that are named without one; the directory of this process by default
 */
export function spawnDecodeProcess(
  { command, args }: DecodeCommand,
  request: string,
  directory?: string,
): Deno.ChildProcess {
  const env: Record<string, string> = {};
  for (const name of PASSED_VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return new Deno.Command(command, {
    args: [...args, request],
    ...(directory !== undefined && { cwd: directory }),
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}
