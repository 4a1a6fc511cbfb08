// Finds the objects in a video file and writes them as CSV: node video_to_csv.mjs walk.mp4 walk.csv
import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { argv, env, exit } from "node:process";
import { Livesyte } from "livesyte-client";

const [, , video, csv] = argv;
const server = new Livesyte(env.LIVESYTE_URL ?? "http://127.0.0.1:8000");
const id = await server.submitVideo("yolo_only", await openAsBlob(video), { fileName: video });
for await (const { status, progress, detail } of server.followJob(id)) {
  console.error(status, `${progress.percent} %`, detail ?? "");
  if (status === "failed" || status === "cancelled") exit(1);
}
await writeFile(csv, await server.resultsFile(id, "csv"));
