/**
 * Set-up: `deno task setup` fetches everything that livesyte needs, and builds the page. Later runs find all there and
 * need no network.
 *
 * Imports no package, since it is what fetches them.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { download } from "../lib/pipeline/download.ts";
import { readMachineNetwork, toDenoVariables } from "../lib/pipeline/machine_network.ts";

const ROOT = new URL("../", import.meta.url);

/** What an empty cache fetches on x86-64 Linux; most of it are onnxruntime and FFmpeg. */
const PACKAGES_SIZE = "213 MB";

/** When no package has come for so long, the registry is asked whether it is still there, in milliseconds. */
const STALL_MS = 10_000;

/** How long the registry may take to answer then, in milliseconds. */
const ANSWER_MS = 10_000;

/** Width of the bar, in characters. */
const BAR_WIDTH = 30;

const LOCKED_PACKAGES = countPackages();

const REMEDY = "check the network and its proxy (HTTPS_PROXY), or set NPM_CONFIG_REGISTRY to a " +
  "registry that can be reached, then run this again";

/** Packages cannot be fetched; the message is one sentence for people. */
class SetupError extends Error {}

/**
 * Fetches the packages of deno.lock that are not there.
 *
 * @throws {SetupError} If one cannot be fetched
 */
async function fetchPackages(): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  using progress = new PackageProgress();
  using stall = new StallWatch(() => child.kill());
  const errors: string[] = [];
  for await (const line of createInterface({ input: Readable.from(child.stderr) })) {
    const url = /^Download (\S+)$/.exec(line)?.[1];
    stall.restart(url);
    if (url === undefined) errors.push(line);
    else if (url.endsWith(".tgz")) progress.advance();
  }
  const { success } = await child.status;
  if (stall.gaveUp) throw new SetupError(`the npm registry does not answer; ${REMEDY}`);
  if (!success) throw new SetupError(explain(errors.join("\n")));
  progress.finish();
}

/** What went wrong, and what to do, out of what `deno install` wrote. */
function explain(errors: string): string {
  if (/peer certificate/.test(errors)) {
    return "the certificate of the npm registry is not trusted; set DENO_CERT, or npm's cafile, " +
      "to a file with the certificate of the authority that signed it, then run this again";
  }
  if (/error sending request|client error/.test(errors)) {
    return `the npm registry cannot be reached; ${REMEDY}`;
  }
  if (/no space left/i.test(errors)) {
    return "the disk is full; free some space, then run this again";
  }
  const cause = /Caused by:\n\s*(?:0: )?(.+)/.exec(errors) ?? /error: (.+)/.exec(errors);
  return `${cause?.[1] ?? "deno install failed"}; ${REMEDY}`;
}

/** Counts packages as they come: a bar on a terminal, a line at the beginning and at the end elsewhere. */
class PackageProgress {
  readonly #started = performance.now();
  readonly #isTerminal = Deno.stderr.isTerminal();
  #count = 0;

  advance(): void {
    if (this.#count++ === 0) {
      say(`Fetching packages (up to ${PACKAGES_SIZE}, most of it onnxruntime and FFmpeg)\n`);
    }
    if (!this.#isTerminal) return;
    // Some packages may have been there before, so that the bar can end early.
    const share = Math.min(1, this.#count / LOCKED_PACKAGES);
    const bar = "█".repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, "░");
    say(`\r${bar} ${this.#count} of ${LOCKED_PACKAGES} packages`);
  }

  finish(): void {
    if (this.#count === 0) return;
    this[Symbol.dispose]();
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    say(`Fetched ${this.#count} packages in ${seconds} s\n`);
  }

  /** Clears the bar away. */
  [Symbol.dispose](): void {
    if (this.#isTerminal && this.#count > 0) say("\r\x1b[K");
  }
}

/** Gives up when nothing comes and the registry does not answer either; a slow transfer alone is no reason. */
class StallWatch {
  /** Whether the registry was given up. */
  gaveUp = false;
  readonly #giveUp: () => void;
  #url = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
    this.restart();
  }

  /** Something came: the waiting begins anew. */
  restart(url = this.#url): void {
    this.#url = url;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), STALL_MS);
  }

  async #look(): Promise<void> {
    // Without an address nothing is being fetched: packages are being unpacked. The package itself is not asked for,
    // since a proxy may read a large one to its end before it passes on the first byte.
    if (this.#url === "" || await answers(new URL("/", this.#url))) return this.restart();
    this.gaveUp = true;
    this.#giveUp();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Whether a server answers, with whatever it be. */
async function answers(url: URL): Promise<boolean> {
  try {
    for await (const _piece of download(url, { idleTimeoutMs: ANSWER_MS })) break;
    return true;
  } catch (error) {
    return !(error instanceof TypeError || error instanceof DOMException);
  }
}

/** How many packages of deno.lock are for this platform. */
function countPackages(): number {
  const lock: { npm: Record<string, { os?: string[]; cpu?: string[] }> } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.lock", ROOT)),
  );
  return Object.values(lock.npm).filter(({ os, cpu }) =>
    (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true)
  ).length;
}

/** Runs a task of this project; it says itself what goes wrong. */
async function runTask(...task: string[]): Promise<number> {
  const args = ["task", "--quiet", ...task];
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  return code;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

/**
 * Sets everything up.
 *
 * @returns The exit code: 0, or 2 when something cannot be fetched or built
 */
async function setUp(): Promise<number> {
  const environment = Deno.env.toObject();
  const network = readMachineNetwork(environment, fileURLToPath(ROOT));
  // For every process that is started from here on.
  for (const [name, value] of Object.entries(toDenoVariables(network, environment))) {
    Deno.env.set(name, value);
  }
  try {
    await fetchPackages();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`livesyte: Cannot fetch the packages: ${error.message}\n`);
    return 2;
  }
  return await runTask("models", "--quiet") || await runTask("build");
}

if (import.meta.main) Deno.exit(await setUp());
