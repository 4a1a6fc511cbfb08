/** Cameras that put a server under load, beside streams. */

import { CameraViewer, type ViewerReport } from "./camera_viewer.ts";
import type { LoadReport } from "./load_client.ts";
import { agePercentiles, print, printReports, runStreams, sleep } from "./load_streams.ts";
import {
  childProcesses,
  processorTime,
  residentMemory,
  type ServerProcess,
} from "./server_process.ts";
import {
  drawNumberedPictures,
  type SimulatedCamera,
  startMjpegCamera,
  startRtspCamera,
} from "./simulated_camera.ts";

/** What is to be put onto the server. */
export interface CameraLoad {
  cameras: number;
  /** Most frames a second of each camera that are looked at. */
  cameraFps: number;
  /** Viewers of each camera. */
  viewers: number;
  /** Whether the cameras send H.264 over RTSP, instead of MJPEG over HTTP. */
  rtsp: boolean;
  /** Streams beside them. */
  sessions: number;
  /** Frames a second of each stream. */
  fps: number;
  /** A JPEG for the streams. */
  frame: Uint8Array;
  seconds: number;
}

/** For how long nothing is counted after the cameras have started, in milliseconds. */
const SETTLE_MS = 5000;
/** Ages at the beginning are compared with those at the end over so long, in milliseconds. */
const EDGE_MS = 10_000;

/** What a part of the load has cost, all in milliseconds of a core. */
interface Cost {
  server: number;
  decoders: number[];
}

/** Measures the streams alone, and then with cameras beside them. */
export async function loadCameras(server: ServerProcess, load: CameraLoad): Promise<void> {
  const { sessions, fps, frame, seconds } = load;
  const stream = (length: number) => runStreams(server, frame, Array(sessions).fill(fps), length);
  // The first answers take longer, and memory grows with them.
  await runStreams(server, frame, [10], 3);
  const alone = sessions > 0 ? await stream(seconds) : [];
  const [width, height] = load.rtsp ? [1280, 720] as const : [640, 480] as const;
  const pictures = await drawNumberedPictures(width, height);
  await using stack = new AsyncDisposableStack();
  const sources: SimulatedCamera[] = [];
  for (let index = 0; index < load.cameras; index += 1) {
    const source = load.rtsp ? await startRtspCamera(pictures) : startMjpegCamera(pictures);
    sources.push(stack.use(source));
  }
  const memory = residentMemory(server.pid);
  const viewers = await addCameras(server, sources, width / height, load);
  const firstMs = await Promise.all(viewers.flat().map(({ firstResult }) => firstResult));
  await sleep(SETTLE_MS);
  const before = costOf(server);
  for (const viewer of viewers.flat()) viewer.reset();
  const beside = sessions > 0 ? await stream(seconds) : (await sleep(seconds * 1000), []);
  const after = costOf(server);
  const reports = await Promise.all(
    viewers.map((each) => Promise.all(each.map((viewer) => viewer.report()))),
  );
  const kind = load.rtsp ? "1280×720 H.264 over RTSP" : "640×480 MJPEG over HTTP";
  print(
    `\ncameras: ${load.cameras} (${kind}) at ${load.cameraFps} frames a second, viewers of each: ` +
      `${load.viewers}; first result after ${firstMs.map((ms) => ms.toFixed(0)).join(", ")} ms`,
  );
  printCameras(reports, seconds, difference(after, before), decoderMemory(server));
  printServer(difference(after, before), reports, beside, {
    before: memory,
    after: residentMemory(server.pid),
  });
  if (sessions > 0) {
    printReports(`${sessions} streams at ${fps} frames a second without cameras`, alone, seconds);
    printReports("the same beside the cameras", beside, seconds);
    const [kept, had] = [shareOf(beside), shareOf(alone)];
    print(
      `answered frames of the streams: ${percent(kept)} beside cameras, ${percent(had)} without`,
    );
  }
  await Promise.all(viewers.flat().map((viewer) => viewer.close()));
}

/** Adds a camera for each source, and lets it be watched. */
async function addCameras(
  server: ServerProcess,
  sources: SimulatedCamera[],
  shape: number,
  { cameraFps, viewers }: CameraLoad,
): Promise<CameraViewer[][]> {
  const watched: CameraViewer[][] = [];
  for (const [index, source] of sources.entries()) {
    const id = `load-${index + 1}`;
    const { url } = source;
    const camera = { id, name: id, url, pipeline_id: "yolo_only", fps: cameraFps };
    const request = { method: "POST", body: JSON.stringify(camera) };
    const response = await fetch(new URL("/camera", server.url), request);
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`The server refuses a camera: ${answer}`);
    // One viewer measures for all, since the measuring costs something too.
    watched.push(
      Array.from(
        { length: viewers },
        (_, viewer) => new CameraViewer(server.url, id, shape, viewer === 0 ? source : undefined),
      ),
    );
  }
  return watched;
}

function costOf({ pid }: ServerProcess): Cost {
  return { server: processorTime(pid), decoders: childProcesses(pid).map(processorTime) };
}

function difference(after: Cost, before: Cost): Cost {
  return {
    server: after.server - before.server,
    decoders: after.decoders.map((time, index) => time - (before.decoders[index] ?? NaN)),
  };
}

function decoderMemory({ pid }: ServerProcess): number[] {
  return childProcesses(pid).map(residentMemory);
}

function printCameras(
  reports: ViewerReport[][],
  seconds: number,
  { decoders }: Cost,
  memory: number[],
): void {
  print(
    "camera  results/s   fewest of a viewer      p50      p95      p99  " +
      "(age of results, ms)  p95 of the first / last 10 s",
  );
  for (const [index, viewers] of reports.entries()) {
    const [{ answered, ages, errors } = { answered: 0, ages: [], errors: [] }] = viewers;
    const [start, end] = [ages.at(0)?.atMs ?? NaN, ages.at(-1)?.atMs ?? NaN];
    const p95 = (isWithin: (atMs: number) => boolean) =>
      agePercentiles(ages.filter(({ atMs }) => isWithin(atMs)).map(({ ageMs }) => ageMs))[1];
    const fewest = Math.min(...viewers.map((viewer) => viewer.answered));
    const rates = [answered, fewest].map((count) => (count / seconds).toFixed(1));
    const cells = [rates[0]?.padStart(9), rates[1]?.padStart(18)];
    cells.push(...agePercentiles(ages.map(({ ageMs }) => ageMs)).map((age) => age.padStart(6)));
    print(
      `${String(index + 1).padStart(4)}  ${cells.join("   ")}` +
        `${" ".repeat(24)}${p95((at) => at < start + EDGE_MS)} / ${
          p95((at) => at > end - EDGE_MS)
        }  ${errors.join(" ")}`,
    );
  }
  const answers = reports.reduce((sum, [first]) => sum + (first?.answered ?? 0), 0);
  const decoding = decoders.reduce((sum, time) => sum + time, 0);
  print(
    `decode processes: ${(decoding / answers).toFixed(1)} core-ms a result, ` +
      `${(decoding / decoders.length / seconds).toFixed(0)} core-ms a second each, ` +
      `memory: ${memory.map((size) => size.toFixed(0)).join(", ")} MiB`,
  );
}

function printServer(
  { server }: Cost,
  reports: ViewerReport[][],
  streams: LoadReport[],
  memory: { before: number; after: number },
): void {
  const ofCameras = reports.reduce((sum, [first]) => sum + (first?.answered ?? 0), 0);
  const answers = streams.reduce((sum, { answered }) => sum + answered, ofCameras);
  print(
    `server: ${(server / answers).toFixed(1)} core-ms a result, inference included; ` +
      `${memory.before.toFixed(0)} MiB before the cameras, ${
        memory.after.toFixed(0)
      } MiB with them`,
  );
}

function shareOf(reports: LoadReport[]): number {
  const sum = (field: "sent" | "answered") =>
    reports.reduce((total, report) => total + report[field], 0);
  return sum("answered") / sum("sent");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
