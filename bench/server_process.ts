/** A livesyte server in a process of its own, for measurements and tests that need one. */

import { textLines } from "./text_lines.ts";

/** A running server. */
export interface ServerProcess extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123/`. */
  url: string;
  pid: number;
  /** Everything it has logged so far, one JSON object a line. */
  log: Record<string, unknown>[];
  /** What it has written to standard error, once it has ended. */
  errors: Promise<string>;
  /** Asks it to stop and returns its exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const PERMISSIONS = ["net", "read", "write", "env", "sys", "ffi", "run"].map((name) =>
  `--allow-${name}`
);

/** Another program than this project under Deno. */
export interface ServerProgram {
  command: string;
  args: string[];
  /** Whether it sees nothing of the environment of this process. */
  clearEnv?: boolean;
}

/** This project, run by Deno with further options. */
export function thisProject(...options: string[]): ServerProgram {
  return {
    command: Deno.execPath(),
    args: ["run", "--no-prompt", ...PERMISSIONS, ...options, MAIN, "serve"],
  };
}

/** This project as a node that only computes; it has no address. */
export function thisProjectAsWorker(): ServerProgram {
  const { command, args } = thisProject();
  return { command, args: [...args.slice(0, -1), "worker"] };
}

/**
 * Runs another command of this project to its end.
 *
 * @param environment Variables for it, beside those of this process
 * @returns What it has printed
 * @throws {Error} With what it wrote to standard error if it fails
 */
export async function runThisProject(
  args: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...PERMISSIONS, MAIN, ...args],
    env: environment,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim());
  return decoder.decode(stdout);
}

/**
 * Starts a server on a free port.
 *
 * @param environment Variables for it, beside those of this process
 * @param program What to start; this project by default
 * @throws {Error} With what it wrote if it ends before it is ready
 */
export async function startServerProcess(
  environment: Record<string, string> = {},
  { command, args, clearEnv = false }: ServerProgram = thisProject(),
): Promise<ServerProcess> {
  const dataDirectory = await Deno.makeTempDir({ prefix: "livesyte-" });
  const child = new Deno.Command(command, {
    args,
    clearEnv,
    env: { PORT: "0", LOG_FORMAT: "json", DATA_DIR: dataDirectory, ...environment },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: Record<string, unknown>[] = [];
  const ready = Promise.withResolvers<string>();
  const errors = new Response(child.stderr).text();
  const lines = readLines(child.stdout, (line) => {
    log.push(line);
    if (line.event === "server_start") ready.resolve(String(line.url));
  });
  lines.then(async () => ready.reject(new Error(`The server ended: ${await errors}`)));
  const stop = async (signal: Deno.Signal = "SIGTERM") => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
    const { code } = await child.status;
    await Promise.all([lines, errors]);
    await Deno.remove(dataDirectory, { recursive: true }).catch(() => {});
    return code;
  };
  return {
    url: await ready.promise,
    pid: child.pid,
    log,
    errors,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: Record<string, unknown>) => void,
): Promise<void> {
  for await (const line of textLines(stream)) onLine(JSON.parse(line));
}

/** Resident memory of a process in MiB; `NaN` where the system does not tell. */
export function residentMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Time that the cores have worked for a process, in milliseconds; `NaN` where the system does not tell. */
export function processorTime(pid: number): number {
  // Linux counts in hundredths of a second.
  const [userTicks, systemTicks] = readStat(pid).slice(11, 13).map(Number);
  return ((userTicks ?? NaN) + (systemTicks ?? NaN)) * 10;
}

/** Process ids of the processes that a process has started; none where the system does not tell. */
export function childProcesses(pid: number): number[] {
  const folders = Deno.build.os === "linux" ? [...Deno.readDirSync("/proc")] : [];
  return folders.map(({ name }) => Number(name)).filter((id) => Number(readStat(id)[1]) === pid);
}

/** What the system tells of a process, from its state on, which comes third. */
function readStat(pid: number): string[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
