/** Starts the server as people do, in a process of its own. @module */

const ROOT = new URL("../../", import.meta.url);
const START_TIMEOUT_MS = 240_000;

/** A running server; disposing of it ends its process. */
export interface ServerProcess extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123/`. */
  url: string;
}

/**
 * Runs `deno task start` on a free port.
 *
 * @param environment Further environment variables.
 * @throws {Error} If the server does not say in time where it listens; what it said is in the message.
 */
export async function startServer(
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const dataDirectory = await Deno.makeTempDir({ prefix: "livesyte-" });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "start"],
    cwd: ROOT,
    env: { PORT: "0", LOG_FORMAT: "json", DATA_DIR: dataDirectory, ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  const stop = async () => {
    // Passed on by the task to the server; a process that has ended by itself takes no signal.
    if (!hasEnded) process.kill("SIGTERM");
    await process.status;
    await Deno.remove(dataDirectory, { recursive: true });
  };
  try {
    return { url: await urlOf(process.stdout), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads the log up to the line that names the address, and goes on reading so that the server is never held up. */
async function urlOf(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let log = "";
  let url: string | undefined;
  const fail = (why: string) => reject(new Error(`${why}; it said: ${log}`));
  const timer = setTimeout(() => fail("The server did not start in time"), START_TIMEOUT_MS);
  stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        if (url !== undefined) return;
        log += text;
        url = /"url":"(http[^"]+)"/.exec(log)?.[1];
        if (url !== undefined) resolve(url);
      },
    }),
  ).finally(() => fail("The server ended before it listened"));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
