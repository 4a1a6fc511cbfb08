import { connect, type Socket } from "node:net";
import { expect } from "expect";
import { residentMemory, startServerProcess } from "../../bench/server_process.ts";
import { readFixture } from "../read_fixture.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";

const MEGABYTE = 1_048_576;
const IMAGE_BYTES = 5 * MEGABYTE;

/** Begins to post a body and stops one byte before its end. */
async function postHalf(serverUrl: string, path: string, head: string, bytes: number) {
  const { hostname, port, host } = new URL(serverUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  let answer = "";
  socket.on("data", (data: Uint8Array) => answer += new TextDecoder().decode(data));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${head}Content-Length: ${bytes}\r\n\r\n`);
  await new Promise((resolve) => {
    socket.write(new Uint8Array(bytes - 1).fill(0xff), resolve);
    socket.once("close", resolve);
    // Refused bodies are not read on.
    socket.once("data", resolve);
  });
  return { socket, status: () => Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]) };
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  // Memory comes back when the engine next looks for it, which takes its time in a server that has little to do.
  const giveUpAt = performance.now() + 120_000;
  while (!await condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const ATTACKS = [
  ["images", "/pipelines/yolo_only/run", "Content-Type: image/jpeg\r\n", IMAGE_BYTES],
  [
    "forms",
    "/pipelines/yolo_only/run",
    "Content-Type: multipart/form-data; boundary=x\r\n",
    IMAGE_BYTES,
  ],
  ["definitions", "/pipelines/validate", "Content-Type: application/json\r\n", 65_536],
] as const;

for (const [what, path, head, bytes] of ATTACKS) {
  Deno.test({
    name: `200 ${what} that stop one byte before their end take little memory and harm nobody`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using server = await startServerProcess({ ...SMALL_INPUT, PIPELINE_WORKERS: "1" });
      await using stream = await PoliteStream.open(server.url);
      const post = async () => {
        const body = await readFixture("dog.jpg");
        const headers = { "Content-Type": "image/jpeg" };
        const url = new URL("/pipelines/yolo_only/run", server.url);
        const response = await fetch(url, { method: "POST", body, headers });
        await response.body?.cancel();
        return response.status === 200;
      };
      expect(await post()).toBe(true);
      // What a server takes for the first time, it keeps for the next.
      for (let count = 0; count < 70; count += 1) {
        (await postHalf(server.url, path, head, bytes)).socket.destroy();
      }
      const before = residentMemory(server.pid);
      const sockets: Socket[] = [];
      let highest = 0;
      await stream.expectUnharmedBy(async (signal) => {
        for (let count = 0; count < 70 && !signal.aborted; count += 1) {
          sockets.push((await postHalf(server.url, path, head, bytes)).socket);
          highest = Math.max(highest, residentMemory(server.pid));
        }
      });
      while (sockets.length < 200) {
        sockets.push((await postHalf(server.url, path, head, bytes)).socket);
        highest = Math.max(highest, residentMemory(server.pid));
      }
      expect(highest - before).toBeLessThan(150);
      // Those who hold memory and send nothing make room.
      await until(post, "an image that is sent properly is answered");
      for (const socket of sockets) socket.destroy();
      await until(
        async () => await post() && residentMemory(server.pid) - before < 75,
        "memory comes back",
      );
    },
  });
}

Deno.test("bodies for which there is no memory are refused before they are read", async () => {
  // Room for three images at once.
  await using server = await startServerProcess({
    ...SMALL_INPUT,
    PIPELINE_WORKERS: "1",
    STREAM_MEMORY_BUDGET_MB: "20",
  });
  const path = "/pipelines/yolo_only/run";
  const head = "Content-Type: image/jpeg\r\n";
  const posted = await Promise.all(
    Array.from({ length: 6 }, () => postHalf(server.url, path, head, IMAGE_BYTES)),
  );
  const refused = () => posted.filter(({ status }) => status() === 503);
  await until(() => refused().length === 3, "three are refused");
  for (const { socket } of posted) socket.destroy();
});
