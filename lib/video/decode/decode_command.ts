/**
 * How the decode process is started.
 *
 * @module
 */

import { type ChildProgram, ownProgram, spawnProgram } from "../../child_program.ts";

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

/** Runs {@linkcode runDecodeProcess}, with leave to load FFmpeg's libraries only. */
export function defaultDecodeCommand(): ChildProgram {
  return ownProgram({
    subcommand: DECODE_SUBCOMMAND,
    script: new URL("./decode_process.ts", import.meta.url).href,
    // AV_FROM_SOURCE is what node-av asks for while it loads.
    permissions: ["--allow-ffi", "--allow-env=AV_FROM_SOURCE"],
  });
}

/**
 * Starts a decode process, its standard input held open for as long as it may live.
 *
 * @param request Added to the arguments as the last one
 * @param directory Where it looks for files that are named without one; the directory of this process by default
 */
export function spawnDecodeProcess(
  { command, args }: ChildProgram,
  request: string,
  directory?: string,
): Deno.ChildProcess {
  const env: Record<string, string> = {};
  for (const name of PASSED_VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return spawnProgram({ command, args: [...args, request] }, {
    env,
    ...(directory !== undefined && { cwd: directory }),
  });
}
