/**
 * Puts a server under load: many polite streams, a flooding one among them, and many idle ones; or cameras beside streams.
 *
 * Run with `deno task load`; every figure is measured in this run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { runCommand } from "../commands/run_command.ts";
import { UsageError } from "../commands/usage_error.ts";
import { isMissing, remedyFor } from "../tests/needs.ts";
import { loadCameras } from "./load_cameras.ts";
import { LoadClient } from "./load_client.ts";
import { print, printReports, runStreams, sleep } from "./load_streams.ts";
import { residentMemory, type ServerProcess, startServerProcess } from "./server_process.ts";

const HELP = `Puts a server under load and prints what it did.

Usage: deno task load [options]

Options:
  --sessions N   Streams at a time (10)
  --fps N        Frames a second of each (10)
  --seconds N    Length of each part (60)
  --idle N       Idle sessions to hold (1000)
  --cameras N    Simulated cameras beside the streams, instead of floods and idle sessions (0);
                 with --sessions 0, cameras alone
  --camera-fps N Frames a second of each camera that are looked at (10)
  --viewers N    Viewers of each camera (1)
  --rtsp         Cameras that send 1280x720 H.264 over RTSP, by GStreamer, instead of 640x480 MJPEG
  --help         Show this text
`;

/** What is asked for; numbers are whole and not negative. */
interface LoadOptions {
  sessions: number;
  fps: number;
  seconds: number;
  idle: number;
  cameras: number;
  cameraFps: number;
  viewers: number;
  rtsp: boolean;
}

/** @returns `undefined` if help is asked for */
function parseOptions(): LoadOptions | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        sessions: { type: "string", default: "10" },
        fps: { type: "string", default: "10" },
        seconds: { type: "string", default: "60" },
        idle: { type: "string", default: "1000" },
        cameras: { type: "string", default: "0" },
        "camera-fps": { type: "string", default: "10" },
        viewers: { type: "string", default: "1" },
        rtsp: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "deno task load --help"`);
  }
  const { rtsp, help, ...texts } = values;
  if (help) return undefined;
  const read = (name: keyof typeof texts, least: number) => {
    const number = /^\d{1,6}$/.test(texts[name]) ? Number(texts[name]) : NaN;
    if (number >= least) return number;
    const wanted = `a whole number from ${least}`;
    throw new UsageError(`--${name} has to be ${wanted}, not ${JSON.stringify(texts[name])}`);
  };
  if (rtsp && isMissing("gstreamer")) {
    throw new UsageError(`--rtsp needs an RTSP server: ${remedyFor("gstreamer")}`);
  }
  const cameras = read("cameras", 0);
  return {
    sessions: read("sessions", cameras > 0 ? 0 : 1),
    fps: read("fps", 1),
    seconds: read("seconds", 1),
    idle: read("idle", 0),
    cameras,
    cameraFps: read("camera-fps", 1),
    viewers: read("viewers", 1),
    rtsp,
  };
}

async function holdIdle(server: ServerProcess, count: number): Promise<void> {
  const before = residentMemory(server.pid);
  const clients: LoadClient[] = [];
  for (let index = 0; index < count; index += 1) {
    clients.push(await LoadClient.connect(server.url));
  }
  await sleep(1000);
  const perSession = (residentMemory(server.pid) - before) * 1024 / count;
  print(
    `\n${count} idle sessions: ${
      perSession.toFixed(1)
    } KiB of resident memory each, sockets included`,
  );
  await Promise.all(clients.map((client) => client.close()));
}

async function main(): Promise<number> {
  const options = parseOptions();
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  const image = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  const frame = await sharp(image).resize(640, 480, { fit: "fill" }).jpeg({ quality: 80 })
    .toBuffer();
  await using server = await startServerProcess({
    STREAM_IDLE_TIMEOUT_S: "0",
    // All sessions come from this machine.
    MAX_CONNECTIONS_PER_ADDRESS: "100000",
  });
  if (options.cameras > 0) await loadCameras(server, { ...options, frame });
  else await loadStreams(server, frame, options);
  return 0;
}

/** Measures one stream, many, a flooding one beside others, and idle ones. */
async function loadStreams(
  server: ServerProcess,
  frame: Uint8Array,
  { sessions, fps, seconds, idle }: LoadOptions,
): Promise<void> {
  const memory = [residentMemory(server.pid)];

  const single = await runStreams(server, frame, [100], Math.min(seconds, 20));
  printReports("one session as fast as it can", single, Math.min(seconds, 20));
  memory.push(residentMemory(server.pid));

  const polite = await runStreams(server, frame, Array(sessions).fill(fps), seconds);
  printReports(`${sessions} sessions at ${fps} frames a second`, polite, seconds);
  memory.push(residentMemory(server.pid));

  const flooded = await runStreams(
    server,
    frame,
    [200, ...Array(sessions - 1).fill(fps)],
    Math.min(seconds, 30),
  );
  printReports(
    `session 1 floods with 200 frames a second beside ${sessions - 1}`,
    flooded,
    Math.min(seconds, 30),
  );
  memory.push(residentMemory(server.pid));

  if (idle > 0) await holdIdle(server, idle);
  memory.push(residentMemory(server.pid));
  const [start, afterSingle, afterPolite, afterFlood, end] = memory.map((size) => size.toFixed(0));
  print(
    `\nresident memory in MiB: ${start} at the start, ${afterSingle} after one session, ` +
      `${afterPolite} after ${sessions}, ${afterFlood} after the flood, ${end} at the end`,
  );
}

await runCommand(main);
