/** What a server holds during a soak, and whether that grows. */

import { quantile } from "./quantile.ts";
import { residentMemory, type ServerProcess } from "./server_process.ts";
import { pause } from "./soak_actors.ts";

/** Growth of resident memory, after the warm-up, that is still no leak. */
const ALLOWED_GROWTH = 1.15;
/** Files that Deno leaves open when a worker with native libraries ends: an epoll and an eventfd. */
const FILES_PER_RESTART = 2;
/** Share of the time that counts as warm-up. */
const WARM_UP = 0.2;

/** Memory goes up and down with what there is to do, so the middle of what is read in this share of the time counts. */
const MEMORY_WINDOW = 0.1;
/** Time between two readings, in milliseconds. */
const READING_MS = 2000;

/** What a process holds. */
export interface Sample {
  at: string;
  /** Median of the last readings of its resident memory, in MiB. */
  rss: number;
  files: number;
  threads: number;
  /** Workers that were replaced until then. */
  restarts: number;
}

/** Looks at what a process holds. */
function takeSample(
  { pid, log }: ServerProcess,
  at: string,
  memory: readonly number[] = [residentMemory(pid)],
): Sample {
  const entries = (folder: string) => [...Deno.readDirSync(`/proc/${pid}/${folder}`)].length;
  const restarts = log.filter(({ event }) => event === "worker_restart").length;
  const rss = quantile(memory, 0.5);
  return { at, rss, files: entries("fd"), threads: entries("task"), restarts };
}

/** Samples a server at the beginning, after the warm-up, in the middle and at the end, while actors act; then tells these to stop. */
export async function sampleWhile(
  actors: readonly Promise<void>[],
  { server, minutes, end }: { server: ServerProcess; minutes: number; end: AbortController },
): Promise<Sample[]> {
  const samples = [takeSample(server, "start")];
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(residentMemory(server.pid)), READING_MS);
  const readings = Math.max(1, Math.floor(MEMORY_WINDOW * minutes * 60_000 / READING_MS));
  const sample = (at: string) => takeSample(server, at, memory.slice(-readings));
  const script = async () => {
    await pause(minutes * 60_000 * WARM_UP);
    samples.push(sample("warm"));
    await pause(minutes * 60_000 * (0.5 - WARM_UP));
    samples.push(sample("middle"));
    await pause(minutes * 60_000 * 0.5);
  };
  // An actor that fails ends the soak at once.
  await Promise.race([script(), Promise.all(actors)]);
  end.abort();
  await Promise.all(actors);
  clearInterval(timer);
  await pause(3000);
  return [...samples, sample("end")];
}

/** What has grown after the warm-up and should not have, in sentences. */
export function findGrowth([, warm, , rest]: readonly Sample[]): string[] {
  const problems: string[] = [];
  const check = (isFine: boolean, problem: string) => isFine || problems.push(problem);
  if (warm === undefined || rest === undefined) return problems;
  const left = FILES_PER_RESTART * (rest.restarts - warm.restarts);
  check(
    rest.files <= warm.files + left,
    `${rest.files} files are open, ${warm.files} in the warm-up`,
  );
  check(rest.threads <= warm.threads + 2, `${rest.threads} threads run, ${warm.threads} before`);
  const growth = rest.rss / warm.rss;
  check(growth <= ALLOWED_GROWTH, `Memory has grown by ${((growth - 1) * 100).toFixed(0)} %`);
  return problems;
}

/** Prints what is not as it should be. @returns The exit code */
export function verdict(problems: readonly string[]): number {
  print(problems.length === 0 ? "\nNothing is left over" : `\nNot as it should be:`);
  for (const problem of problems) print(`  ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

/** Writes a line. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** An image of the tests. */
export function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`../tests/fixtures/${name}`, import.meta.url));
}

/** Reads one metric, summed over its labels. */
export function metric(text: string, name: string): number {
  return text.split("\n").filter((line) =>
    line.startsWith(`${name} `) || line.startsWith(`${name}{`)
  )
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** The metrics of a server, as Prometheus gets them. */
export async function readMetrics({ url }: ServerProcess): Promise<string> {
  return await (await fetch(new URL("/metrics", url))).text();
}

/** Prints what was held, and what was counted. */
export function report(samples: Sample[], counts: Map<string, number>): void {
  print("\n            memory, MiB   open files   threads   restarts");
  for (const { at, rss, files, threads, restarts } of samples) {
    const cells = [rss.toFixed(0).padStart(11), String(files).padStart(10)];
    cells.push(String(threads).padStart(7), String(restarts).padStart(8));
    print(at.padEnd(12) + cells.join("   "));
  }
  print("");
  for (const [what, number] of [...counts].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    print(`${String(number).padStart(8)}  ${what}`);
  }
}
