/**
 * What the door costs: the time of a frame and its answer, and the processor time, with it and without it, in turns.
 *
 * Run with `deno task bench:door`; Linux only.
 *
 * @module
 */

import { connect, type Socket } from "node:net";

const STREAMS = 10;
const FRAMES_PER_SECOND = 15;
const FRAME_BYTES = 60_000;
const SECONDS = 8;
const ROUNDS = 3;

const HANDSHAKE = "GET /ws/video/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" +
  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** What one round has measured. */
interface Figures {
  /** Median of the milliseconds from a frame to its answer. */
  latencyMs: number;
  /** Processor time of the server, in hundredths of a core. */
  processorPercent: number;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** A masked binary message. */
function encodeFrame(length: number): Uint8Array {
  const frame = new Uint8Array(8 + length);
  frame.set([0x82, 0xfe, length >> 8, length & 0xff]);
  return frame;
}

/** Processor time of a process in seconds, from /proc (proc(5), fields 14 and 15). */
function processorSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Streams at the usual rate; the answers are shorter than a segment, so each comes in one piece. */
async function stream(host: string, latencies: number[]): Promise<Socket> {
  const [hostname, port] = host.split(":");
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setNoDelay(true);
  socket.write(HANDSHAKE);
  await new Promise((resolve) => socket.once("data", resolve));
  const frame = encodeFrame(FRAME_BYTES);
  let sentAt = 0;
  socket.on("data", () => latencies.push(performance.now() - sentAt));
  const timer = setInterval(() => {
    sentAt = performance.now();
    socket.write(frame);
  }, 1000 / FRAMES_PER_SECOND);
  socket.once("close", () => clearInterval(timer));
  return socket;
}

async function measure(mode: "direct" | "door"): Promise<Figures> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", "-A", new URL("door_server.ts", import.meta.url).pathname, mode],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const host = (await reader.read()).value?.trim() ?? "";
  const latencies: number[] = [];
  const sockets: Socket[] = [];
  for (let count = 0; count < STREAMS; count += 1) {
    sockets.push(await stream(host, latencies));
    await sleep(1000 / FRAMES_PER_SECOND / STREAMS);
  }
  await sleep(2000);
  latencies.length = 0;
  const before = processorSeconds(child.pid);
  await sleep(SECONDS * 1000);
  const used = processorSeconds(child.pid) - before;
  for (const socket of sockets) socket.destroy();
  await reader.cancel();
  child.kill("SIGKILL");
  await child.status;
  return { latencyMs: median(latencies), processorPercent: used / SECONDS * 100 };
}

const rounds: Record<"direct" | "door", Figures[]> = { direct: [], door: [] };
print(`${STREAMS} streams at ${FRAMES_PER_SECOND} frames a second of ${FRAME_BYTES} bytes`);
print("           ms a frame   % of a core");
for (let round = 0; round < ROUNDS; round += 1) {
  for (const mode of ["direct", "door"] as const) {
    const figures = await measure(mode);
    rounds[mode].push(figures);
    print(
      `${mode.padEnd(10)}${figures.latencyMs.toFixed(3).padStart(11)}` +
        `${figures.processorPercent.toFixed(1).padStart(14)}`,
    );
  }
}
const difference = (figure: keyof Figures) =>
  median(rounds.door.map((each) => each[figure])) -
  median(rounds.direct.map((each) => each[figure]));
print(
  `the door costs ${difference("latencyMs").toFixed(3)} ms a frame ` +
    `and ${difference("processorPercent").toFixed(1)} % of a core`,
);
