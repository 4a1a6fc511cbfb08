import { expect } from "expect";
import {
  type ServerProcess,
  type ServerProgram,
  startServerProcess,
  thisProject,
} from "../../bench/server_process.ts";
import { isMissing } from "../needs.ts";
import { readFixture } from "../read_fixture.ts";
import { TestClient } from "../routes/test_server.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const PLAN = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };

/** Tries all that a server does: the page, an image, a stream, and a video with its results drawn into it. */
async function tryAll({ url }: ServerProcess): Promise<void> {
  const get = (path: string) => fetch(new URL(path, url));
  expect((await get("/").then(discard)).status).toBe(200);
  expect(await (await get("/ready")).json()).toEqual({ status: "ready" });
  const headers = { "Content-Type": "image/jpeg" };
  const body = await readFixture("dog.jpg");
  const target = new URL("/pipelines/yolo_ocr/run", url);
  const { result } = await (await fetch(target, { method: "POST", body, headers })).json();
  expect(result.detections).toEqual(
    expect.arrayContaining([expect.objectContaining({ label: "dog" })]),
  );
  const socketUrl = `${url.replace("http", "ws")}ws/video/stream?pipeline_id=yolo_only`;
  const client = new TestClient(socketUrl);
  await client.opened;
  client.send(body.slice());
  expect(await client.received(1)).toMatchObject([{ frame_index: 1, result: {} }]);
  await client.close();
  await tryVideos(url);
}

async function tryVideos(url: string): Promise<void> {
  const body = new FormData();
  body.set("file", new File([await Deno.readFile(DOG_VIDEO)], "dog.mp4"));
  const target = new URL("/video/submit?pipeline_id=yolo_only", url);
  const { job_id } = await (await fetch(target, { method: "POST", body })).json();
  const watcher = new TestClient(`${url.replace("http", "ws")}ws/jobs/${job_id}`);
  expect((await watcher.closed).code).toBe(1000);
  const results = await (await fetch(new URL(`/video/results/${job_id}`, url))).json();
  expect(results.results.length).toBeGreaterThan(0);
  const annotated = await fetch(new URL(`/video/annotated/${job_id}`, url)).then(discard);
  expect(annotated.status).toBe(200);
}

async function discard(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}

/** The program in a place where neither it nor its models can be written to, and without the rights of root. */
function confined(): ServerProgram {
  const script = `mount --bind '${ROOT}' '${ROOT}' && mount -o remount,bind,ro '${ROOT}' && ` +
    `! touch '${ROOT}/main.ts' 2>/dev/null && exec "$@"`;
  const withoutRights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  const { command, args } = thisProject();
  return {
    command: "unshare",
    args: ["--mount", "sh", "-c", script, "sh", ...withoutRights, command, ...args],
  };
}

Deno.test({
  name: "without rights and on a read-only file system a server does all, with its data elsewhere",
  ignore: isMissing("mount"),
  async fn() {
    // As new ones cannot be kept, it has to do without prepared graphs.
    await using models = await temporaryDirectory();
    for await (const { name } of Deno.readDir(`${ROOT}/models`)) {
      const isPrepared = /[.-][0-9a-f]{16}\.onnx$/.test(name);
      if (!isPrepared) await Deno.copyFile(`${ROOT}/models/${name}`, `${models.path}/${name}`);
    }
    await Deno.chmod(models.path, 0o555);
    await using server = await startServerProcess({ ...PLAN, MODEL_DIR: models.path }, confined());
    await tryAll(server);
    expect(await server.stop()).toBe(0);
    expect(await server.errors).toBe("");
  },
});

Deno.test("a server that listens on IPv6 alone does all", async () => {
  await using server = await startServerProcess({ ...PLAN, HOST: "::1" });
  expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
  await tryAll(server);
  expect(await server.stop()).toBe(0);
  expect(await server.errors).toBe("");
});
