/**
 * Set-up: `deno task setup` fetches everything that livesyte needs, and builds the page. Later runs find all there and
 * need no network.
 *
 * Imports no package, since it is what fetches them.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PackageProgress } from "./setup_progress.ts";
import { StallWatch } from "./stall_watch.ts";
import { readMachineNetwork, toDenoVariables } from "../lib/models/machine_network.ts";

const ROOT = new URL("../", import.meta.url);

/** What an empty cache fetches on x86-64 Linux; most of it are onnxruntime and FFmpeg. */
const PACKAGES_SIZE = "213 MB";

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
  const cache = await findCache();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  using stall = new StallWatch(() => child.kill());
  using progress = new PackageProgress(cache, PACKAGES_SIZE, () => stall.restart());
  const errors: string[] = [];
  for await (const line of createInterface({ input: Readable.from(child.stderr) })) {
    const url = /^Download (\S+)$/.exec(line)?.[1];
    if (url === undefined) {
      errors.push(line);
    } else {
      stall.restart(url);
      progress.add(url);
    }
  }
  const { success } = await child.status;
  if (stall.gaveUp) throw new SetupError(`the npm registry does not answer; ${REMEDY}`);
  if (!success) throw new SetupError(explain(errors.join("\n")));
  progress.finish();
}

/** The folder of Deno's cache that holds the packages of all registries. */
async function findCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
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
