/** The program itself, run to its end. */

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const MODELS = new URL("../../models", import.meta.url).pathname;
const PERMISSIONS = ["net", "read", "write", "env", "sys", "ffi", "run"].map((name) =>
  `--allow-${name}`
);
/** A program that should have ended long before is killed after so many milliseconds. */
const TIMEOUT_MS = 240_000;

/** How a run of the program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Options for {@linkcode runMain}. */
export interface RunOptions {
  /** Environment variables, beside those of this process. */
  environment?: Record<string, string>;
  /** A program, and its arguments, that starts the other one. */
  prefix?: readonly string[];
}

/** Runs `livesyte ARGS`, with the permissions of `deno task start`. */
export async function runMain(
  args: readonly string[],
  { environment = {}, prefix = [] }: RunOptions = {},
): Promise<Ended> {
  const [command = "", ...rest] = [
    ...prefix,
    ...[Deno.execPath(), "run", "--no-prompt", ...PERMISSIONS, MAIN],
    ...args,
  ];
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: rest,
    env: {
      PORT: "0",
      MODEL_DIR: MODELS,
      PIPELINE_WORKERS: "1",
      PIPELINE_THREADS: "1",
      ...environment,
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
