/**
 * Keeps a server busy with everything at once for a long time, and looks at what is left over.
 *
 * Run with `deno task soak`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  killWorkers,
  LOST_TO_KILL,
  misbehave,
  pause,
  reconnect,
  runImages,
  runJobs,
  type Scene,
  stream,
  watch,
} from "./soak_actors.ts";
import {
  residentMemory,
  type ServerProcess,
  startServerProcess,
  thisProject,
} from "./server_process.ts";

const HELP = `Keeps a server busy and looks at what is left over; exits with 1 if something is.

Usage: deno task soak [options]

Options:
  --minutes N   How long (10)
  --help        Show this text
`;

/** Growth of resident memory, after the warm-up, that is still no leak. */
const ALLOWED_GROWTH = 1.15;
/** Files that Deno leaves open when a worker with native libraries ends: an epoll and an eventfd. */
const FILES_PER_RESTART = 2;
/** Share of the time that counts as warm-up. */
const WARM_UP = 0.2;

/** What a process holds. */
interface Sample {
  at: string;
  rss: number;
  files: number;
  threads: number;
  /** Workers that were replaced until then. */
  restarts: number;
}

function takeSample({ pid, log }: ServerProcess, at: string): Sample {
  const entries = (folder: string) => [...Deno.readDirSync(`/proc/${pid}/${folder}`)].length;
  const restarts = log.filter(({ event }) => event === "worker_restart").length;
  return { at, rss: residentMemory(pid), files: entries("fd"), threads: entries("task"), restarts };
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`../tests/fixtures/${name}`, import.meta.url));
}

/** A video of a few seconds; `undefined` where there is no ffmpeg to make it with. */
async function makeVideo(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = await Deno.makeTempFile({ suffix: ".mp4" });
  const input = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  try {
    const args = ["-v", "error", "-y", "-loop", "1", "-t", "4", "-i", input];
    const encoder = ["-vf", "scale=640:480", "-pix_fmt", "yuv420p", path];
    await new Deno.Command("ffmpeg", { args: [...args, ...encoder] }).output();
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    await Deno.remove(path);
  }
}

/** Reads one metric, summed over its labels. */
function metric(text: string, name: string): number {
  return text.split("\n").filter((line) =>
    line.startsWith(`${name} `) || line.startsWith(`${name}{`)
  )
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function readMetrics({ url }: ServerProcess): Promise<string> {
  return await (await fetch(new URL("/metrics", url))).text();
}

/** What should not be there when nobody uses the server any more. */
async function findLeftovers(
  server: ServerProcess,
  dataDirectory: string,
  [, warm, , rest]: Sample[],
): Promise<string[]> {
  const problems: string[] = [];
  const check = (isFine: boolean, problem: string) => isFine || problems.push(problem);
  const metrics = await readMetrics(server);
  for (const name of ["stream_sessions_active", "pipeline_queue_waiting", "video_jobs"]) {
    const value = metric(metrics, name);
    check(value === 0, `${name} is ${value}`);
  }
  const health = await (await fetch(new URL("/health", server.url))).json();
  check(health.status === "healthy", `The server is ${health.status}`);
  const files = [...Deno.readDirSync(dataDirectory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? [...Deno.readDirSync(`${dataDirectory}/${name}`)].map((file) => file.name) : []
  );
  check(files.length === 0, `Files are left over: ${files.join(", ")}`);
  const events = (event: string) => server.log.filter((line) => line.event === event).length;
  const [opened, closed] = [events("stream_connect"), events("stream_disconnect")];
  check(opened === closed, `${opened} streams were opened and ${closed} closed`);
  const unexpected = server.log.filter(({ event, cause }) =>
    event === "server_error" && !/Worker died: .*Killed/.test(String(cause))
  );
  check(unexpected.length === 0, `Unexpected errors: ${JSON.stringify(unexpected)}`);
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

/** Lets all actors act, and samples the server at the beginning, after the warm-up, in the middle and at the end. */
async function act(scene: Scene, minutes: number, end: AbortController): Promise<Sample[]> {
  const { server } = scene;
  const samples = [takeSample(server, "start")];
  const actors = [
    stream(scene, "yolo_only", 8),
    stream(scene, "yolo_only", 15),
    stream(scene, "yolo_ocr", 5),
    reconnect(scene),
    watch(scene),
    misbehave(scene),
    runImages(scene),
    runJobs(scene),
    killWorkers(scene),
  ];
  const script = async () => {
    await pause(minutes * 60_000 * WARM_UP);
    samples.push(takeSample(server, "warm"));
    await pause(minutes * 60_000 * (0.5 - WARM_UP));
    samples.push(takeSample(server, "middle"));
    await pause(minutes * 60_000 * 0.5);
  };
  // An actor that fails ends the soak at once.
  await Promise.race([script(), Promise.all(actors)]);
  end.abort();
  await Promise.all(actors);
  await pause(3000);
  return [...samples, takeSample(server, "end")];
}

function report(samples: Sample[], counts: Map<string, number>): void {
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

/** @returns The exit code. */
async function soak(minutes: number): Promise<number> {
  const dataDirectory = await Deno.makeTempDir({ prefix: "livesyte-soak-" });
  const counts = new Map<string, number>();
  const end = new AbortController();
  const killable = ["--preload", new URL("./killable_workers.ts", import.meta.url).href];
  const program = thisProject(...killable);
  await using server = await startServerProcess({ DATA_DIR: dataDirectory }, program);
  const scene: Scene = {
    server,
    frames: { image: await fixture("dog.jpg"), text: await fixture("text.jpg") },
    video: await makeVideo(),
    stop: end.signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  if (scene.video === undefined) print("There is no ffmpeg: the soak goes without video jobs");
  const samples = await act(scene, minutes, end);
  const problems = await findLeftovers(server, dataDirectory, samples);
  problems.push(...[...counts.keys()].filter((what) => what.startsWith("UNEXPECTED")));
  const [killed, lost] = [counts.get("workers killed") ?? 0, counts.get(LOST_TO_KILL) ?? 0];
  const restarts = metric(await readMetrics(server), "pipeline_worker_restarts_total");
  if (restarts !== killed) problems.push(`${killed} workers were killed, ${restarts} replaced`);
  if (lost > killed) problems.push(`${lost} frames were lost with ${killed} workers`);
  report(samples, counts);
  const code = await server.stop();
  if (code !== 0) problems.push(`The server ended with exit code ${code}`);
  await Deno.remove(dataDirectory, { recursive: true });
  print(problems.length === 0 ? "\nNothing is left over" : `\nNot as it should be:`);
  for (const problem of problems) print(`  ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) print(HELP);
else Deno.exit(await soak(Number(values.minutes)));
