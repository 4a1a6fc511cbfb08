import { expect } from "expect";
import type { VideoFrameResult } from "../../lib/protocol/video_results.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", MAIN, "video", ...args],
    env: { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test({
  name: "the video command writes what it finds in every Nth frame",
  async fn() {
    await using directory = await temporaryDirectory();
    const out = `${directory.path}/results.jsonl`;
    expect(await run(DOG_VIDEO, "--pipeline", "yolo_only", "--stride", "4", "--out", out))
      .toEqual({ code: 0, stdout: "", stderr: "" });
    const lines = (await Deno.readTextFile(out)).trimEnd().split("\n");
    const results = lines.map((line) => JSON.parse(line) as VideoFrameResult);
    expect(results.map(({ frame_index }) => frame_index)).toEqual([0, 4, 8]);
    expect(results.map(({ timestamp_ms }) => timestamp_ms)).toEqual([0, 160, 320]);
    for (const { result } of results) {
      expect(result.image).toEqual({ width: 640, height: 480 });
      expect(result.detections.map(({ label }) => label)).toContain("dog");
    }
  },
});

Deno.test("the video command says in one line what is wrong, and exits with 1 or 2", async () => {
  const missing = await run("missing.mp4", "--pipeline", "yolo_only");
  expect(missing).toEqual({
    code: 2,
    stdout: "",
    stderr: "livesyte: Cannot open missing.mp4: there is no such file or folder\n",
  });
  const noVideo = await run(MAIN, "--pipeline", "yolo_only");
  expect(noVideo).toEqual({
    code: 1,
    stdout: "",
    stderr: "livesyte: The file is not a readable video\n",
  });
  for (const args of [[], [MAIN, MAIN], [MAIN, "--stride", "0"], [MAIN, "--pipeline", "none"]]) {
    const { code, stderr } = await run(...args);
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
  }
  expect((await run("--help")).stdout).toContain("Usage: livesyte video");
});
