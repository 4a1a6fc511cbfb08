// Prints what is in JPEG files: node images.mjs dog.jpg horses.jpg
import { readFile } from "node:fs/promises";
import { argv, env } from "node:process";
import { Livesyte } from "livesyte-client";
import { WebSocket } from "ws"; // Needed by Node 20 only: later ones, Deno and Bun have their own.

const server = new Livesyte(env.LIVESYTE_URL ?? "http://127.0.0.1:8000", { WebSocket });
const stream = server.connect("yolo_only");
async function sendAll(files) {
  for (const file of files) await stream.send(await readFile(file));
  await stream.end();
}
const sent = sendAll(argv.slice(2));
for await (const { frame_index, result } of stream) {
  for (const { label, confidence, bbox } of result.detections) {
    console.log(argv[frame_index + 1], label, confidence, ...bbox);
  }
}
await sent;
