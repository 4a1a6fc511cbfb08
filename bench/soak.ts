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
  reconnect,
  runImages,
  runJobs,
  type Scene,
  stream,
  watch,
} from "./soak_actors.ts";
import { type ServerProcess, startServerProcess, thisProject } from "./server_process.ts";
import { soakCluster } from "./soak_cluster.ts";
import { makeVideo } from "./soak_video.ts";
import {
  findGrowth,
  fixture,
  metric,
  print,
  readMetrics,
  report,
  sampleWhile,
  verdict,
} from "./soak_samples.ts";

const HELP = `Keeps a server busy and looks at what is left over; exits with 1 if something is.

Usage: deno task soak [options]

Options:
  --minutes N   How long (10)
  --cluster     Two servers over NATS, of which one, NATS or a worker is killed every 20 s; it needs nats-server
  --help        Show this text
`;

/** What should not be there when nobody uses the server any more. */
async function findLeftovers(
  server: ServerProcess,
  dataDirectory: string,
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
  return problems;
}

/** Everything at once. */
function act(scene: Scene): Promise<void>[] {
  return [
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
    video: await makeVideo(4),
    stop: end.signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  const samples = await sampleWhile(act(scene), { server, minutes, end });
  const problems = [...await findLeftovers(server, dataDirectory), ...findGrowth(samples)];
  problems.push(...[...counts.keys()].filter((what) => what.startsWith("UNEXPECTED")));
  const [killed, lost] = [counts.get("workers killed") ?? 0, counts.get(LOST_TO_KILL) ?? 0];
  const restarts = metric(await readMetrics(server), "pipeline_worker_restarts_total");
  if (restarts !== killed) problems.push(`${killed} workers were killed, ${restarts} replaced`);
  if (lost > killed) problems.push(`${lost} frames were lost with ${killed} workers`);
  report(samples, counts);
  const code = await server.stop();
  if (code !== 0) problems.push(`The server ended with exit code ${code}`);
  await Deno.remove(dataDirectory, { recursive: true });
  return verdict(problems);
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    cluster: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) print(HELP);
else Deno.exit(await (values.cluster ? soakCluster : soak)(Number(values.minutes)));
