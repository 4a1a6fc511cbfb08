/**
 * Runs the tests: `deno task test [FILE...]`, and says at the end how many passed, failed and were skipped, and why.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { describeMissing } from "../tests/needs.ts";

/** How many tests ended how. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Tests that have the machine to themselves: those with browsers, executables, and processes that are counted and killed. */
const ALONE = ["tests/cameras/", "tests/cluster/", "tests/e2e/"];

/** All suites, in the order in which they run. */
const SUITES = [["--parallel", `--ignore=tests/attacks,${ALONE}`, "tests/"], ALONE];

const FLAGS = [
  // Types are right by then; they would be looked at again at each start of a worker.
  "--no-check",
  "--cached-only",
  "--unstable-bundle",
  "--allow-all",
  "--preload=./tests/limit.ts",
];

/** The longest time in which no test ends, in milliseconds: then something waits for what never comes that is no test. */
const SILENCE_MS = 10 * 60_000;

/** Whether the types of tests, and of what they import, are right. */
async function checkTypes(args: readonly string[]): Promise<boolean> {
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const child = new Deno.Command(Deno.execPath(), { args: ["check", "--cached-only", ...paths] });
  return (await child.spawn().status).success;
}

/** Runs `deno test`, shows what it writes, and reads the numbers of its last line. */
async function runSuite(args: readonly string[], counts: Counts): Promise<boolean> {
  if (!await checkTypes(args)) {
    counts.failed++;
    return false;
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...FLAGS, ...args],
    // With `--parallel`: twice as many as there are cores, since there are always tests that only wait.
    env: { DENO_JOBS: `${2 * navigator.hardwareConcurrency}` },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let closed = false;
  const hang = () => {
    say(`Stopped: no test has ended for ${SILENCE_MS / 60_000} minutes; the rest was not run\n`);
    child.kill("SIGKILL");
  };
  let silence = setTimeout(hang, SILENCE_MS);
  for await (const line of createInterface({ input: Readable.from(child.stdout) })) {
    // Not where all tests are registered: errors say where they were thrown.
    say(`${line.replace(/=> \.\/tests\/limit\.ts:\d+:\d+/, "")}\n`);
    if (!line.includes("has been running for over")) {
      clearTimeout(silence);
      silence = setTimeout(hang, SILENCE_MS);
    }
    // Such as "ok | 12 passed (3 steps) | 0 failed | 1 ignored (4s)", in colours on a terminal.
    // deno-lint-ignore no-control-regex
    const plain = line.replaceAll(/\x1b\[\d*m/g, "");
    const numbers = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?:.*? \| (\d+) ignored)?/
      .exec(plain);
    if (numbers === null) continue;
    closed = true;
    counts.passed += Number(numbers[1]);
    counts.failed += Number(numbers[2]);
    counts.skipped += Number(numbers[3] ?? 0);
  }
  clearTimeout(silence);
  // Where a module cannot be loaded no test runs, and nothing is counted.
  if (!closed) counts.failed++;
  return (await child.status).success && closed;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const suites = Deno.args.length > 0 ? [Deno.args] : SUITES;
let success = true;
for (const args of suites) success = await runSuite(args, counts) && success;
if (counts.skipped > 0) say(`\n${describeMissing().join("\n")}\n`);
say(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
Deno.exit(success ? 0 : 1);
