import { expect } from "expect";
import type { VideoFrameResult } from "../../lib/protocol/video_results.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

const ENVIRONMENT = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return runIn({ args });
}

/** Runs the command in a folder. */
async function runIn({ args, ...options }: { args: string[]; cwd?: string }) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", MAIN, "video", ...args],
    env: ENVIRONMENT,
    ...options,
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

Deno.test("the video command takes a relative path with colons as that of a file", async () => {
  await using directory = await temporaryDirectory();
  for (const name of ["cam1-2024-05-01T12:30:00.mp4", "concat:a|b.mp4", "http:dog.mp4"]) {
    await Deno.copyFile(DOG_VIDEO, `${directory.path}/${name}`);
    const options = {
      cwd: directory.path,
      args: [name, "--pipeline", "yolo_only", "--stride", "5"],
    };
    const { code, stdout, stderr } = await runIn(options);
    expect([code, stderr, stdout.trimEnd().split("\n").length]).toEqual([0, "", 2]);
  }
});

/** What a stranger may try, by what is said of it. */
const FAILURES: Record<string, string[]> = {
  "Cannot open missing.mp4: there is no such file or folder": ["missing.mp4"],
  "Cannot open http://example.org/a.mp4: there is no such file or folder": [
    "http://example.org/a.mp4",
  ],
  "Cannot open folder: it is a folder": ["folder"],
  "Cannot open /dev/zero: it is not a file": ["/dev/zero"],
  "The video file is empty": ["empty.mp4"],
  "The file is not a readable video": ["text.mp4"],
  "The video file is incomplete: its end is missing": ["cut.mp4"],
  "Cannot write gone/out.jsonl: there is no such file or folder": [
    ...["dog.mp4", "--out", "gone/out.jsonl"],
  ],
  "Cannot write folder: it is a folder": ["dog.mp4", "--out", "folder"],
  "Cannot write ./dog.mp4: it is the video to read": ["dog.mp4", "--out", "./dog.mp4"],
  "Cannot write link.mp4: it is the video to read": ["dog.mp4", "--out", "link.mp4"],
  "Cannot write to /dev/full: the disk is full": ["dog.mp4", "--out", "/dev/full"],
  'Name one video file; see "video --help"': [],
  "Unknown option '--everything'; see \"video --help\"": ["--everything", "dog.mp4"],
  'Cannot use --stride "0": expected a whole number above 0': ["--stride", "0", "dog.mp4"],
};

Deno.test("whatever the video command fails of is told in one line, with exit code 2", async (t) => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  const dog = await Deno.readFile(DOG_VIDEO);
  await Deno.writeFile(at("dog.mp4"), dog);
  await Deno.writeFile(at("cut.mp4"), dog.subarray(0, 9000));
  await Deno.writeFile(at("empty.mp4"), new Uint8Array());
  await Deno.writeTextFile(at("text.mp4"), "This is no video.\n".repeat(100));
  await Deno.mkdir(at("folder"));
  await Deno.link(at("dog.mp4"), at("link.mp4"));
  for (const [says, args] of Object.entries(FAILURES)) {
    await t.step(says, async () => {
      const options = { cwd: directory.path, args: ["--pipeline", "yolo_only", ...args] };
      expect(await runIn(options)).toEqual({ code: 2, stdout: "", stderr: `livesyte: ${says}\n` });
    });
  }
  expect(await Deno.readFile(at("dog.mp4"))).toEqual(dog);
});

Deno.test("results that are there already survive a file that is no video", async () => {
  await using directory = await temporaryDirectory();
  const out = `${directory.path}/results.jsonl`;
  await Deno.writeTextFile(out, "kept");
  expect((await run(MAIN, "--pipeline", "yolo_only", "--out", out)).code).toBe(2);
  expect(await Deno.readTextFile(out)).toBe("kept");
});

Deno.test("the video command ends quietly when nobody reads its results any more", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", MAIN, "video", DOG_VIDEO, "--pipeline", "yolo_only"],
    env: ENVIRONMENT,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const [{ code }, errors] = [await child.status, await new Response(child.stderr).text()];
  expect([code, errors]).toEqual([0, ""]);
});

Deno.test("video --help shows how to use it", async () => {
  expect((await run("--help")).stdout).toContain("Usage: livesyte video");
});
