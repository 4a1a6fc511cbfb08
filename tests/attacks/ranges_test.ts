import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { ask, largeVideo, send, submit } from "../routes/video_client.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack, startAttacker } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const MB = 1_048_576;
const FILE_BYTES = 20 * MB;

/** Ranges that some servers have choked on (CVE-2011-3192, CVE-2015-1635, and others). */
const NASTY_RANGES = [
  `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-`).join(",")}`,
  `bytes=${"0-0,".repeat(1500)}0-0`,
  "bytes=0-18446744073709551615",
  `bytes=${"9".repeat(300)}-${"9".repeat(301)}`,
  `bytes=-${"9".repeat(300)}`,
  "bytes=0-9223372036854775807,1-",
  "bytes=--1",
  "bytes=-0",
  "bytes=1e3-2e3",
  "bytes=0x10-0x20",
  " bytes = 0 - 1",
];

Deno.test("nasty ranges get a range, the whole file or 416, and never more than the file", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  const id = await submit(server.url, await largeVideo(MB));
  const url = new URL(`/video/file/${id}`, server.url);
  await expectFiguresBack(server, async () => {
    for (const Range of NASTY_RANGES) {
      const response = await send(url, { headers: { Range } });
      const { length } = await response.bytes();
      expect([200, 206, 416]).toContain(response.status);
      expect(length).toBe(Number(response.headers.get("Content-Length") ?? 0));
      expect(length).toBeLessThanOrEqual(MB);
    }
  });
});

/** Asks for a file over and over on 30 connections, reads a little of each answer and hangs up. */
const HANG_UP = `const [hostname, port, path] = Deno.args;
  const ranges = ["0-", "-5000000", "0-0,1-1,2-2", "9999999-", "0-18446744073709551615"];
  const client = async () => {
    for (let round = 0;; round++) {
      try {
        using connection = await Deno.connect({ hostname, port: Number(port) });
        const range = ranges[round % ranges.length];
        const head = "GET " + path + " HTTP/1.1\\r\\nHost: localhost\\r\\nRange: bytes=" + range + "\\r\\n\\r\\n";
        await connection.write(new TextEncoder().encode(head));
        if (round % 3 > 0) await connection.read(new Uint8Array(1000));
      } catch { /* The server may end it, too. */ }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  for (let index = 0; index < 30; index++) client();
  await new Promise((resolve) => setTimeout(resolve, 600_000));`;

Deno.test("clients that ask for ranges and hang up leave nothing open, and a stream its answers", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  await using stream = await PoliteStream.open(server.url);
  const id = await submit(server.url, await largeVideo(FILE_BYTES));
  const { hostname, port } = new URL(server.url);
  const attack = async (signal: AbortSignal) => {
    const attacker = startAttacker("eval", HANG_UP, hostname, port, `/video/file/${id}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    attacker.kill("SIGKILL");
    await attacker.stdout.cancel();
    await attacker.status;
  };
  await attack(AbortSignal.timeout(2000));
  await expectFiguresBack(server, () => stream.expectUnharmedBy(attack));
  expect((await ask(server.url, `/video/status/${id}`)).status).toBe(200);
});
