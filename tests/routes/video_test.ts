import { expect } from "expect";
import * as v from "valibot";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import type { JobView } from "../../lib/protocol/job.ts";
import {
  type ResultsPage,
  ResultsPageSchema,
  type VideoFrameResult,
} from "../../lib/protocol/video_results.ts";
import { differences } from "../protocol/described.ts";
import { readFixture } from "../read_fixture.ts";
import {
  CHANGING_VIDEO,
  DOG_VIDEO,
  EDITED_VIDEO,
  ffmpeg,
  H264,
  LIVE_VIDEO,
  withoutFfmpeg,
} from "../video/media.ts";
import { VideoDecoder } from "../../lib/video/decode/video_decoder.ts";
import { storedResults } from "../video/results.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { startTestServer, TestClient, type TestServer } from "./test_server.ts";

const directory = await temporaryDirectory();
const DOG = DOG_VIDEO;
let server: TestServer;

Deno.test.beforeAll(async () => {
  server = await startTestServer({ environment: { VIDEO_MAX_UPLOAD_MB: "1" } });
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Registers a test whose video has to be made first. */
function ffmpegTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: withoutFfmpeg, fn });
}

async function submit(
  bytes: Uint8Array<ArrayBuffer>,
  query = "pipeline_id=yolo_only",
  path = "/video/submit",
): Promise<Response> {
  const body = new FormData();
  body.set("file", new File([bytes], "walk in the park.mp4", { type: "video/mp4" }));
  return await server.fetch(`${path}?${query}`, { method: "POST", body });
}

async function submitDog(query?: string): Promise<string> {
  const response = await submit(await Deno.readFile(DOG), query);
  expect(response.status).toBe(202);
  const { job_id, ...rest } = await response.json();
  expect(rest).toEqual({});
  return job_id;
}

async function getJson(path: string): Promise<unknown> {
  const response = await server.fetch(path);
  expect(response.status).toBe(200);
  return await response.json();
}

function watch(id: string): TestClient {
  return new TestClient(`ws://${server.host}/ws/jobs/${id}`);
}

/** Waits for the end of a job as a client does. */
async function untilFinished(id: string): Promise<JobView> {
  const client = watch(id);
  expect(await client.closed).toEqual({ code: 1000, reason: "job_finished" });
  return client.messages.at(-1) as unknown as JobView;
}

async function errorOf(pending: Promise<Response>): Promise<[number, string]> {
  const response = await pending;
  return [response.status, (await response.json()).error];
}

Deno.test(
  "an uploaded video goes through the pipeline and gives a result for each frame",
  async () => {
    const id = await submitDog();
    const job = await untilFinished(id);
    expect(job).toMatchObject({
      job_id: id,
      pipeline_id: "yolo_only",
      status: "completed",
      progress: {
        current_step: 10,
        total_steps: 10,
        percent: 100,
        description: expect.any(String),
      },
      error: null,
      file_name: "walk in the park.mp4",
      video: { width: 640, height: 480, frame_count: 10, duration_ms: 400 },
    });
    expect(await getJson(`/video/status/${id}`)).toEqual(job);
    expect(differences("JobView", job)).toEqual([]);

    const page = await getJson(`/video/results/${id}?offset=2&limit=5`) as ResultsPage;
    expect(page).toMatchObject({ job_id: id, total: 10, offset: 2, limit: 5 });
    expect(differences("ResultsPage", page)).toEqual([]);
    // The page takes it as well.
    expect(v.is(ResultsPageSchema, page)).toBe(true);
    expect(page.results.map(({ frame_index }) => frame_index)).toEqual([2, 3, 4, 5, 6]);
    expect(page.results.map(({ timestamp_ms }) => timestamp_ms)).toEqual([80, 120, 160, 200, 240]);
    const dog = page.results[0]?.result.detections.find(({ label }) => label === "dog");
    // dog.jpg is 768×576, and its dog at 131, 218, 178×322: see tests/fixtures/README.md.
    const expected = [131, 218, 178, 322].map((side) => side * 640 / 768);
    for (const [index, side] of expected.entries()) {
      expect(Math.abs((dog?.bbox[index] ?? NaN) - side)).toBeLessThan(12);
    }
  },
);

Deno.test("results can be had as JSON lines and as CSV", async () => {
  const id = await submitDog("pipeline_id=yolo_only&frame_stride=4&max_frames=2");
  await untilFinished(id);
  const jsonl = await server.fetch(`/video/results/${id}?format=jsonl`);
  expect(jsonl.headers.get("Content-Type")).toBe("application/x-ndjson");
  expect(jsonl.headers.get("Content-Disposition")).toBe(`attachment; filename="${id}.jsonl"`);
  const lines = (await jsonl.text()).trimEnd().split("\n");
  const results = lines.map((line) => JSON.parse(line) as VideoFrameResult);
  expect(results.map(({ frame_index }) => frame_index)).toEqual([0, 4]);
  const csv = await server.fetch(`/video/results/${id}?format=csv`);
  expect(csv.headers.get("Content-Type")).toBe("text/csv; charset=utf-8");
  expect(await csv.text()).toMatch(/^frame_index,timestamp_ms,kind,.*\r\n0,0,object,.*\r\n/);
  expect(await errorOf(server.fetch(`/video/results/${id}?format=xml`)))
    .toEqual([400, "bad_request"]);
  expect(await errorOf(server.fetch(`/video/results/${id}?limit=1001`)))
    .toEqual([400, "bad_request"]);
});

Deno.test("a client that watches a job gets each change, of this job only", async () => {
  const first = await submitDog();
  const client = watch(first);
  await client.opened;
  client.send('{"type":"ping"}');
  const other = await submitDog();
  await Promise.all([client.closed, untilFinished(other)]);
  const messages = client.messages as unknown as (JobView & { type?: string })[];
  for (const message of messages) expect(differences("JobMessage", message)).toEqual([]);
  const views = messages.filter(({ type }) => type === undefined);
  expect(new Set(views.map(({ job_id }) => job_id))).toEqual(new Set([first]));
  expect(views.at(-1)?.status).toBe("completed");
  const steps = views.map(({ progress }) => progress.current_step);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(messages.some(({ type }) => type === "pong")).toBe(true);
});

Deno.test("a client that watches a job that there is not is told so and closed with 1008", async () => {
  for (const id of [crypto.randomUUID(), "nonsense", "..%2f..%2fetc"]) {
    const client = watch(id);
    expect(await client.closed).toEqual({ code: 1008, reason: "job_not_found" });
    expect(client.messages).toEqual([{ error: "job_not_found", detail: expect.any(String) }]);
  }
});

Deno.test("paths of a job answer 404 for ids that there are not, whatever they look like", async () => {
  const ids = [crypto.randomUUID(), "x", "..%2F..%2Fetc%2Fpasswd", "%00", "a".repeat(2000)];
  const paths: [string, string][] = [
    ["GET", "status"],
    ["GET", "results"],
    ["GET", "file"],
    ["GET", "annotated"],
    ["POST", "cancel"],
    ["POST", "retry"],
  ];
  for (const id of ids) {
    for (const [method, path] of paths) {
      const answer = await errorOf(server.fetch(`/video/${path}/${id}`, { method }));
      expect({ path, id, answer }).toEqual({ path, id, answer: [404, "job_not_found"] });
    }
    expect(await errorOf(server.fetch(`/video/${id}`, { method: "DELETE" })))
      .toEqual([404, "job_not_found"]);
  }
  expect(await errorOf(server.fetch("/video/status/x", { method: "PUT" })))
    .toEqual([405, "method_not_allowed"]);
});

Deno.test(
  "what is no video, too large or wrongly asked for is refused with the reason",
  async () => {
    const dog = await Deno.readFile(DOG);
    const junk = new TextEncoder().encode("no video ".repeat(100));
    expect(await errorOf(submit(junk))).toEqual([400, "invalid_video"]);
    expect(await errorOf(submit(new Uint8Array()))).toEqual([400, "invalid_video"]);
    const large = new Uint8Array(1_048_577);
    large.set(dog);
    expect(await errorOf(submit(large))).toEqual([413, "payload_too_large"]);
    expect(await errorOf(submit(dog, "pipeline_id=none"))).toEqual([400, "invalid_pipeline"]);
    for (const option of ["frame_stride=0", "frame_stride=x", "max_frames=-1", "max_frames=1.5"]) {
      expect(await errorOf(submit(dog, `pipeline_id=yolo_only&${option}`)))
        .toEqual([400, "bad_request"]);
    }
    const plain = server.fetch("/video/submit?pipeline_id=yolo_only", {
      method: "POST",
      body: dog,
    });
    expect(await errorOf(plain)).toEqual([400, "invalid_upload"]);
    const { store } = await server.services.videos.open();
    expect([...Deno.readDirSync(store.files.directory)]
      .filter(({ name }) => name.endsWith(".part"))).toEqual([]);
  },
);

Deno.test("a broken video is refused in words within seconds, though another is being looked at", async () => {
  const running = await submit(await Deno.readFile(LIVE_VIDEO), "pipeline_id=yolo_ocr");
  const { job_id: id } = await running.json();
  const half = (await Deno.readFile(DOG)).slice(0, 9000);
  const junk = new Uint8Array(50_000);
  junk.set(new TextEncoder().encode("\0\0\0\x20ftypisom"));
  const startedAt = performance.now();
  for (
    const [bytes, detail] of [
      [half, "The video file is incomplete: its end is missing"],
      [junk, "The file is not a readable video"],
      [await readFixture("dog.jpg"), "The file is not a readable video"],
    ] as const
  ) {
    const response = await submit(bytes);
    expect([response.status, await response.json()])
      .toEqual([400, { error: "invalid_video", detail }]);
  }
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  const { store } = await server.services.videos.open();
  expect(store.get(id).status).toBe("processing");
  const names = [...Deno.readDirSync(store.files.directory)].map(({ name }) => name);
  expect(names.filter((name) => !store.list().some((job) => name.startsWith(job.id)))).toEqual([]);
  await server.fetch(`/video/${id}`, { method: "DELETE" });
});

Deno.test("a job whose file is damaged later fails in words, which a retry does not mend", async () => {
  const id = await submitDog("pipeline_id=yolo_only&max_frames=1");
  await untilFinished(id);
  const next = await submitDog();
  const { store } = await server.services.videos.open();
  await server.fetch(`/video/cancel/${next}`, { method: "POST" }).then((response) =>
    response.body?.cancel()
  );
  await Deno.truncate(store.files.path(next), 9000);
  await server.fetch(`/video/retry/${next}`, { method: "POST" });
  expect(await untilFinished(next)).toMatchObject({
    status: "failed",
    error: "decode_failed",
    detail: "The video file is incomplete: its end is missing",
  });
  expect(await errorOf(server.fetch(`/video/results/${next}`))).toEqual([409, "job_not_completed"]);
  expect(await errorOf(server.fetch(`/video/cancel/${next}`, { method: "POST" })))
    .toEqual([409, "invalid_state"]);
  const retried = await server.fetch(`/video/retry/${next}`, { method: "POST" });
  expect((await retried.json()).error).toBeNull();
  expect((await untilFinished(next)).status).toBe("failed");
});

Deno.test("videos that tell little of themselves are taken, and their progress goes evenly to 100 %", async () => {
  for (
    const [path, frames, type] of [
      [EDITED_VIDEO, 32, "video/mp4"],
      [LIVE_VIDEO, 60, "video/webm"],
    ] as const
  ) {
    const response = await submit(await Deno.readFile(path));
    expect(response.status).toBe(202);
    const { job_id: id } = await response.json();
    const client = watch(id);
    await client.closed;
    const views = client.messages as unknown as JobView[];
    expect(views.at(-1)).toMatchObject({
      status: "completed",
      progress: { current_step: frames, total_steps: frames, percent: 100 },
      video: { frame_count: frames },
    });
    for (const { status, progress } of views) {
      if (status !== "processing" || progress.total_steps === 0) continue;
      expect(progress.total_steps).toBe(frames);
      expect(Math.abs(progress.percent - 100 * progress.current_step / frames)).toBeLessThan(0.2);
    }
    const { total } = await getJson(`/video/results/${id}?limit=1`) as ResultsPage;
    expect(total).toBe(frames);
    const file = await server.fetch(`/video/file/${id}`, { method: "HEAD" });
    expect(file.headers.get("Content-Type")).toBe(type);
  }
});

Deno.test("boxes fit each frame of a video that changes its size, in the annotated video too", async () => {
  const response = await submit(await Deno.readFile(CHANGING_VIDEO));
  const { job_id: id } = await response.json();
  expect(await untilFinished(id)).toMatchObject({ status: "completed", video: { frame_count: 9 } });
  const { results } = await getJson(`/video/results/${id}`) as ResultsPage;
  const sizes = [[320, 240, 320 / 768], [240, 320, 320 / 576], [512, 384, 512 / 768]] as const;
  for (const { frame_index, result } of results) {
    const [width, height, scale] = sizes[Math.floor(frame_index / 3)]!;
    expect(result.image).toEqual({ width, height });
    const dog = result.detections.find(({ label }) => label === "dog");
    for (const [index, side] of [131, 218, 178, 322].entries()) {
      expect(Math.abs((dog?.bbox[index] ?? NaN) - side * scale)).toBeLessThan(10);
    }
  }
  expect(results.map(({ timestamp_ms }) => timestamp_ms))
    .toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800]);

  const path = `${directory.path}/changing.mp4`;
  await Deno.writeFile(path, await (await server.fetch(`/video/annotated/${id}`)).bytes());
  await using decoder = await VideoDecoder.open(path, { frameSize: { width: 320, height: 240 } });
  expect(decoder.info).toMatchObject({ width: 320, height: 240, frameCount: 9 });
  for await (const { frameIndex, data } of decoder.frames()) {
    const [x, y, , height] = await dogBox(id, frameIndex);
    // The tall frames of 240×320 are shown at 180×240, in the middle.
    const place = [{ left: 0, scale: 1 }, { left: 70, scale: 0.75 }, { left: 0, scale: 0.625 }];
    const { left, scale } = place[Math.floor(frameIndex / 3)]!;
    const row = Math.round((y + height * 0.9) * scale);
    const edge = left + Math.round(x * scale);
    const pinkest = Math.max(...[-2, -1, 0, 1].map((offset) => {
      const [red = 0, green = 0] = data.subarray(3 * (320 * row + edge + offset));
      return red - green;
    }));
    expect([frameIndex, pinkest > 30]).toEqual([frameIndex, true]);
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * (320 * 120 + 10));
    expect(Math.max(red, green, blue) < 40).toBe(Math.floor(frameIndex / 3) === 1);
  }
});

ffmpegTest("a job can be cancelled, retried to its end, listed and deleted", async () => {
  await ffmpeg(
    "-f",
    "lavfi",
    "-i",
    "testsrc2=s=160x120:r=25",
    "-frames:v",
    "80",
    ...H264,
    `${directory.path}/long.mp4`,
  );
  const bytes = await Deno.readFile(`${directory.path}/long.mp4`);
  const { job_id: id } = await (await submit(bytes)).json();
  const watching = watch(id);
  await watching.received(2);
  const cancelled = await server.fetch(`/video/cancel/${id}`, { method: "POST" });
  expect((await cancelled.json()).status).toBe("cancelled");
  expect(await watching.closed).toEqual({ code: 1000, reason: "job_finished" });
  const list = await getJson("/video/jobs?status=cancelled") as { jobs: JobView[] };
  expect(list.jobs.map(({ job_id }) => job_id)).toEqual([id]);
  await server.fetch(`/video/retry/${id}`, { method: "POST" });
  expect(await untilFinished(id)).toMatchObject({
    status: "completed",
    progress: { current_step: 80, total_steps: 80 },
  });
  const { store } = await server.services.videos.open();
  const indices = (await storedResults(store, id)).map(({ frame_index }) => frame_index);
  expect(indices).toEqual(Array.from({ length: 80 }, (_, index) => index));

  expect((await server.fetch(`/video/${id}`, { method: "DELETE" })).status).toBe(204);
  expect(await errorOf(server.fetch(`/video/status/${id}`))).toEqual([404, "job_not_found"]);
  expect(await errorOf(server.fetch("/video/jobs?status=lost"))).toEqual([400, "bad_request"]);
});

Deno.test("the uploaded file can be had whole or in parts", async () => {
  const id = await submitDog();
  const bytes = await Deno.readFile(DOG);
  const whole = await server.fetch(`/video/file/${id}`);
  expect(whole.status).toBe(200);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "accept-ranges": "bytes",
    "content-type": "video/mp4",
    "content-disposition": "inline; filename*=UTF-8''walk%20in%20the%20park.mp4",
    "x-content-type-options": "nosniff",
  });
  expect(await whole.bytes()).toEqual(bytes);
  const get = async (Range: string, headers: Record<string, string> = {}) => {
    const response = await server.fetch(`/video/file/${id}`, { headers: { Range, ...headers } });
    return [response.status, response.headers.get("Content-Range"), await response.bytes()];
  };
  const { length } = bytes;
  expect(await get("bytes=10-19"))
    .toEqual([206, `bytes 10-19/${length}`, bytes.slice(10, 20)]);
  expect(await get("bytes=-7"))
    .toEqual([206, `bytes ${length - 7}-${length - 1}/${length}`, bytes.slice(-7)]);
  expect(await get(`bytes=${length - 3}-999999999`))
    .toEqual([206, `bytes ${length - 3}-${length - 1}/${length}`, bytes.slice(-3)]);
  expect(await get(`bytes=${length}-`)).toEqual([416, `bytes */${length}`, new Uint8Array()]);
  for (const other of ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-"]) {
    expect((await get(other))[0]).toBe(200);
  }
  expect((await get("bytes=0-1", { "If-Range": '"other"' }))[0]).toBe(200);
  const etag = whole.headers.get("ETag") ?? "";
  expect((await get("bytes=0-1", { "If-Range": etag }))[0]).toBe(206);
  const again = await server.fetch(`/video/file/${id}`, { headers: { "If-None-Match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  const head = await server.fetch(`/video/file/${id}`, { method: "HEAD" });
  expect([head.status, head.headers.get("Content-Length")]).toEqual([200, `${length}`]);
});

Deno.test(
  "the paths of the first version answer as their successors, and say that they are old",
  async () => {
    const response = await submit(
      await Deno.readFile(DOG),
      "pipeline_id=yolo_only",
      "/v1/video/submit",
    );
    expect(response.status).toBe(202);
    const { job_id: id } = await response.json();
    await untilFinished(id);
    const pairs = [
      ["/v1/pipelines/list", "/pipelines"],
      ["/v1/pipelines/yolo_only/info", "/pipelines/yolo_only"],
      [`/v1/video/status/${id}`, `/video/status/${id}`],
      [`/v1/video/results/${id}?limit=1`, `/video/results/${id}?limit=1`],
      ["/v1/video/jobs?status=completed", "/video/jobs?status=completed"],
      ["/v1/video/status/x", "/video/status/x"],
    ];
    for (const [old = "", successor = ""] of pairs) {
      const answers = [await server.fetch(old), await server.fetch(successor)];
      const [was, is] = await Promise.all(answers.map((answer) => answer.text()));
      expect(was).toBe(is);
      expect(answers[0]?.status).toBe(answers[1]?.status);
      expect(answers[0]?.headers.get("Deprecation")).toMatch(/^@\d+$/);
      expect(answers[1]?.headers.get("Deprecation")).toBeNull();
    }
    const health = await server.fetch("/v1/health");
    expect((await health.json()).status).toBe("healthy");
    expect((await server.fetch(`/v1/video/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await server.fetch("/v1/other")).status).toBe(404);
  },
);

Deno.test("health and metrics tell of the jobs", async () => {
  const id = await submitDog();
  await untilFinished(id);
  const { jobs } = await getJson("/health") as { jobs: Record<string, unknown> };
  expect(jobs).toMatchObject({
    status: "healthy",
    capacity: 100,
    stuck: [],
    total: expect.any(Number),
    by_status: { completed: expect.any(Number), processing: 0 },
  });
  const metrics = await (await server.fetch("/metrics")).text();
  expect(metrics).toMatch(/^video_jobs\{status="completed"\} [1-9]/m);
  expect(metrics).toMatch(/^video_job_seconds_count [1-9]/m);
});

Deno.test(
  "the annotated video has every frame, with boxes in it, and goes with its job",
  async () => {
    const id = await submitDog();
    await untilFinished(id);
    const response = await server.fetch(`/video/annotated/${id}`);
    expect(response.headers.get("Content-Disposition")).toBe(
      "attachment; filename*=UTF-8''walk%20in%20the%20park-annotated.mp4",
    );
    const path = `${directory.path}/annotated.mp4`;
    await Deno.writeFile(path, await response.bytes());
    await using decoder = await VideoDecoder.open(path, { frameSize: { width: 640, height: 480 } });
    expect(decoder.info).toMatchObject({ width: 640, height: 480, frameCount: 10 });
    const times: number[] = [];
    for await (const { data, timestampMs } of decoder.frames()) {
      const [x, y, , height] = await dogBox(id, times.length);
      times.push(timestampMs);
      const start = 3 * (640 * Math.round(y + height * 0.9) + Math.round(x) - 1);
      const [red = 0, green = 0, blue = 0] = data.subarray(start);
      // The colour of dogs, #cc79a7, as far as the encoder keeps it.
      expect(red - green).toBeGreaterThan(30);
      expect(blue - green).toBeGreaterThan(15);
    }
    expect(times).toEqual([0, 40, 80, 120, 160, 200, 240, 280, 320, 360]);
    const part = await server.fetch(`/video/annotated/${id}`, { headers: { Range: "bytes=4-7" } });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
    await server.fetch(`/video/${id}`, { method: "DELETE" });
    const { files } = (await server.services.videos.open()).store;
    const names = [...Deno.readDirSync(files.directory)].map(({ name }) => name);
    expect(names.filter((name) => name.includes(id))).toEqual([]);
  },
);

async function dogBox(id: string, frame: number): Promise<BoundingBox> {
  const page = await getJson(`/video/results/${id}?offset=${frame}&limit=1`) as ResultsPage;
  const dog = page.results[0]?.result.detections.find(({ label }) => label === "dog");
  if (dog === undefined) throw new Error(`There is no dog in frame ${frame}`);
  return dog.bbox;
}

Deno.test("with a token set, jobs are only for those who present it", async () => {
  await using closed = await startTestServer({
    environment: { STREAM_AUTH_TOKEN: "secret" },
    processor: { isValidPipeline: () => true, runOnFrame: () => Promise.reject(new Error()) },
  });
  const id = crypto.randomUUID();
  const paths: [string, string][] = [
    ["POST", "/video/submit?pipeline_id=yolo_only"],
    ["GET", `/video/status/${id}`],
    ["GET", `/video/results/${id}`],
    ["GET", "/video/jobs"],
    ["GET", `/video/file/${id}`],
    ["GET", `/video/annotated/${id}`],
    ["POST", `/video/cancel/${id}`],
    ["POST", `/video/retry/${id}`],
    ["DELETE", `/video/${id}`],
    ["GET", `/v1/video/status/${id}`],
  ];
  for (const [method, path] of paths) {
    const answer = await errorOf(closed.fetch(path, { method }));
    expect({ path, answer }).toEqual({ path, answer: [401, "unauthorized"] });
  }
  const socket = new TestClient(`ws://${closed.host}/ws/jobs/${id}`);
  await expect(socket.opened).rejects.toThrow("Cannot connect");
  const foreign = { headers: { Origin: "https://evil.example", Authorization: "Bearer secret" } };
  expect(await errorOf(closed.fetch("/video/jobs", foreign))).toEqual([403, "forbidden_origin"]);
  const allowed = await closed.fetch("/video/jobs?token=secret");
  expect(await allowed.json()).toEqual({ jobs: [] });
});
