/** Clears up the video jobs of a server: `livesyte jobs clear`. */

import { join } from "node:path";
import { parseConfig } from "../lib/config.ts";
import { urlOf } from "../lib/front/front.ts";
import { expandLan } from "../lib/front/lan.ts";
import { SELF_SIGNED_CERT } from "../lib/front/self_signed.ts";
import { FINISHED_STATUSES } from "../lib/video/jobs/job.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";

const STATUSES: readonly string[] = [...FINISHED_STATUSES, "all"];

const HELP = `Usage: livesyte jobs clear [options]

Removes finished video jobs with their results and files. It asks the server that runs on this machine with the same
settings (PORT, HOST, TLS), or the one that --url names, since only the server may change its jobs. Jobs that wait or are
being processed stay.

Options:
  --status STATUS      Jobs of one status: ${FINISHED_STATUSES.join(", ")}, or all
  --older-than HOURS   Jobs that ended at least this many hours ago, such as 24 or 0.5; of any status unless --status is given
  --url URL            Address of the server, such as https://vision.example.com/
  --token TOKEN        Its token (default: STREAM_AUTH_TOKEN, which, unlike this option, the process list does not show)
  -h, --help           Show this text

Examples:
  livesyte jobs clear --status failed
  livesyte jobs clear --status completed --older-than 24
`;

/** How long the server may take, for thousands of jobs on a slow disk. */
const TIMEOUT_MS = 300_000;

interface ClearArguments {
  status: string | undefined;
  olderThan: string | undefined;
  url: string | undefined;
  token: string | undefined;
}

/** A server, and what its certificate is checked against beside what is trusted anyway. */
interface Server {
  url: URL;
  caCerts: string[];
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the command's name
 * @returns The exit code
 * @throws {UserError} If an argument makes no sense, or the server cannot be reached or refuses
 */
export async function runJobs(args: string[]): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    await print(HELP);
    return 0;
  }
  const { removed, left } = await clear(parsed);
  const some = removed === 0 ? "No jobs" : removed === 1 ? "1 job" : `${removed} jobs`;
  await print(`${some} removed, ${left} left\n`);
  return 0;
}

function parse(args: string[]): ClearArguments | undefined {
  const { values, positionals } = readOptions("jobs", {
    args,
    allowPositionals: true,
    options: {
      status: { type: "string" },
      "older-than": { type: "string" },
      url: { type: "string" },
      token: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [action, ...others] = positionals;
  if (action !== "clear" || others.length > 0) {
    const what = action === undefined ? "Nothing to do" : "Unknown jobs command";
    throw new UsageError(`${what}: see "jobs --help"`);
  }
  const { status, "older-than": olderThan, url, token } = values;
  if (status !== undefined && !STATUSES.includes(status)) {
    throw new UsageError(
      `Cannot use --status ${JSON.stringify(status)}: expected one of ${STATUSES.join(", ")}`,
    );
  }
  if (olderThan !== undefined && !/^\d{1,6}(\.\d{1,9})?$/.test(olderThan)) {
    throw new UsageError(
      `Cannot use --older-than ${JSON.stringify(olderThan)}: expected a number of hours`,
    );
  }
  if (status === undefined && olderThan === undefined) {
    throw new UsageError(
      `Say which jobs: --status (${STATUSES.join(", ")}), --older-than HOURS, or both`,
    );
  }
  const known = token ?? expandLan(Deno.env.toObject()).STREAM_AUTH_TOKEN?.trim();
  return { status, olderThan, url, token: known || undefined };
}

async function clear(
  { status, olderThan, url: address, token }: ClearArguments,
): Promise<{ removed: number; left: number }> {
  const { url, caCerts } = address === undefined ? await ownServer() : namedServer(address);
  const path = new URL("video/jobs", url);
  if (status !== undefined) path.searchParams.set("status", status);
  if (olderThan !== undefined) path.searchParams.set("older_than_h", olderThan);
  const answer = await ask(path, { token, caCerts });
  const counts = answer as { removed?: unknown; left?: unknown } | undefined;
  if (typeof counts?.removed !== "number" || typeof counts.left !== "number") {
    throw new UsageError(`Cannot understand the answer of ${url}: is it a livesyte server?`);
  }
  return { removed: counts.removed, left: counts.left };
}

/** The server that the settings of this environment make. */
async function ownServer(): Promise<Server> {
  const { hostname, port, front: { tls }, video } = parseConfig(expandLan(Deno.env.toObject()));
  if (port === 0) throw new UsageError("Cannot know the server's port where PORT is 0: use --url");
  const scheme = tls === undefined ? "http" : "https";
  const url = new URL(urlOf(scheme, { transport: "tcp", hostname, port }));
  if (tls !== "self-signed") return { url, caCerts: [] };
  const path = join(video.dataDirectory, SELF_SIGNED_CERT);
  const cert = await Deno.readTextFile(path).catch(() => undefined);
  return { url, caCerts: cert === undefined ? [] : [cert] };
}

function namedServer(address: string): Server {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Cannot use --url ${
        JSON.stringify(address)
      }: expected an address such as http://127.0.0.1:8000/`,
    );
  }
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { url, caCerts: [] };
}

async function ask(
  url: URL,
  { token, caCerts }: { token: string | undefined; caCerts: string[] },
): Promise<unknown> {
  using client = Deno.createHttpClient({ caCerts });
  // In the address it could end up in the log of a proxy.
  const fitsHeader = token !== undefined && /^[!-~]+$/.test(token);
  if (token !== undefined && !fitsHeader) url.searchParams.set("token", token);
  let response: Response;
  try {
    const init: RequestInit & { client: Deno.HttpClient } = {
      method: "DELETE",
      headers: fitsHeader ? { Authorization: `Bearer ${token}` } : {},
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      client,
    };
    response = await fetch(url, init);
  } catch (error) {
    throw new UsageError(`Cannot reach ${url.origin}: ${explain(error)}`, { cause: error });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { detail } = (answer ?? {}) as { detail?: unknown };
  const reason = typeof detail === "string" ? detail : `status ${response.status}`;
  throw new UsageError(`The server refused: ${reason}`);
}

function explain(error: unknown): string {
  // Deno says what went wrong only in the cause.
  const reason = error instanceof Error ? `${error.message} ${error.cause}` : "";
  if (error instanceof DOMException && error.name === "TimeoutError") return "it does not answer";
  if (/certificate/i.test(reason)) {
    return "its certificate is not trusted; name the server as its certificate does, or the certificate in DENO_CERT";
  }
  if (/redirect/i.test(reason)) return "it sends clients elsewhere; name that address with --url";
  return "no server answers there; start it, or name another with --url";
}

async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
