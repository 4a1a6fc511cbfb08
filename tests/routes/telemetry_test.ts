import { expect } from "expect";
import { type ServerProcess, startServerProcess } from "../../bench/server_process.ts";
import { DOG_URL } from "../cameras/camera_server.ts";
import { readFixture } from "../read_fixture.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { type RawAnswer, requestRaw, UPGRADE } from "./raw_request.ts";
import { TestClient } from "./test_server.ts";

/** Type and labels of every metric; `process_*` beside. */
const METRICS: Readonly<Record<string, [type: string, label?: string, values?: string[]]>> = {
  stream_sessions_active: ["gauge"],
  stream_sessions_total: ["counter"],
  stream_frames_received_total: ["counter"],
  stream_frames_processed_total: ["counter"],
  stream_frames_dropped_total: ["counter"],
  stream_slowdown_signals_total: ["counter"],
  stream_bytes_received_total: ["counter"],
  stream_errors_total: ["counter", "code", ["invalid_message"]],
  stream_frame_seconds: ["histogram", "stage", ["decode", "detect", "ocr", "total", "wait"]],
  pipeline_workers_alive: ["gauge"],
  pipeline_device: ["gauge", "device", ["cpu"]],
  pipeline_queue_waiting: ["gauge"],
  pipeline_worker_restarts_total: ["counter"],
  event_loop_lag_seconds: ["histogram"],
  front_connections: ["gauge"],
  front_refusals_total: ["counter", "reason", ["bad_request"]],
  video_jobs: ["gauge", "status", ["cancelled", "completed", "failed", "pending", "processing"]],
  video_job_seconds: ["histogram"],
  camera_state: ["gauge", "camera", ["dog", "missing"]],
  camera_frames_total: ["counter", "camera", ["dog", "missing"]],
  camera_restarts_total: ["counter", "camera", ["dog", "missing"]],
  camera_clients: ["gauge", "camera", ["dog", "missing"]],
  // There are no rules, so there is nothing to count.
  events_total: ["counter", "rule", []],
  events_lost_total: ["counter"],
  event_deliveries_total: ["counter", "result", ["delivered", "failed", "given_up"]],
  event_outbox: ["gauge", "target", ["webhook"]],
  process_resident_memory_bytes: ["gauge"],
  process_start_time_seconds: ["gauge"],
  process_cpu_seconds_total: ["counter"],
};

const BASE = ["timestamp", "level", "event", "message"];
const STREAM = [...BASE, "session_id", "pipeline_id"];
/** Level and fields of each event that one visit brings about, in the order of their first lines. */
const EVENTS: Readonly<Record<string, [level: string, fields: string[]]>> = {
  text_model: ["info", [...BASE, "model", "wanted"]],
  pipeline_device: ["info", [...BASE, "device", "wanted"]],
  pipeline_ready: ["info", [...BASE, "workers", "threads", "threads_alone"]],
  server_start: ["info", [...BASE, "url"]],
  stream_connect: ["info", STREAM],
  stream_state: ["debug", [...BASE, "session_id", "pipeline_id", "from", "to"]],
  stream_frame_processed: ["debug", [...STREAM, "frame_index", "duration_ms"]],
  stream_frame_dropped: ["debug", [...STREAM, "frame_index"]],
  stream_slow_down: ["info", [...STREAM, "recent_drop_rate"]],
  stream_error: ["warning", [...STREAM, "code"]],
  stream_disconnect: [
    "info",
    [...STREAM, "frame_index", "dropped_frames", "duration_s", "close_code"],
  ],
  job_created: ["info", [...BASE, "job_id", "pipeline_id", "file_bytes"]],
  job_started: ["info", [...BASE, "job_id", "frames_done"]],
  job_completed: ["info", [...BASE, "job_id"]],
  camera_state: ["info", [...BASE, "camera", "from", "to"]],
  camera_error: ["warning", [...BASE, "camera", "code", "retry_s"]],
  server_stop: ["info", [...BASE, "signal"]],
};

/** A span as OTLP has it in JSON. */
interface Span {
  name: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: string } }[];
}

/** Takes traces, logs and metrics, as a collector does. */
function startCollector(): { url: string; spans: Span[]; texts: string[] } & AsyncDisposable {
  const spans: Span[] = [];
  const texts: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    texts.push(text);
    if (!request.url.endsWith("/v1/traces")) return Response.json({});
    for (const { scopeSpans } of JSON.parse(text).resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    texts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Streams frames faster than they can be looked at, until the server asks to slow down; then sends nonsense. */
async function visitStream({ url }: ServerProcess): Promise<void> {
  const client = new TestClient(
    `${url.replace("http", "ws")}ws/video/stream?pipeline_id=yolo_ocr`,
  );
  await client.opened;
  const frame = await readFixture("text.jpg");
  let count = 0;
  // Text is read beside the frames, so it comes with one of the next.
  for (let text = ""; text === "";) {
    client.send(frame);
    const answer = (await client.received(++count)).at(-1);
    if (answer !== undefined && "result" in answer) text = answer.result.text;
  }
  for (let sent = 0; sent < 60; sent += 1) client.send(frame);
  // Every frame is answered, and the warning comes beside.
  await client.received(count + 61);
  client.send("nonsense");
  expect((await client.closed).code).toBe(1003);
}

async function runVideoJob({ url }: ServerProcess): Promise<void> {
  const body = new FormData();
  body.set("file", new File([await Deno.readFile(DOG_VIDEO)], "dog.mp4"));
  const target = new URL("/video/submit?pipeline_id=yolo_only", url);
  const { job_id } = await (await fetch(target, { method: "POST", body })).json();
  const socketUrl = `${url.replace("http", "ws")}ws/jobs/${job_id}`;
  const watcher = new TestClient(socketUrl);
  expect((await watcher.closed).code).toBe(1000);
}

/** Watches a camera until it has seen something, beside one that cannot be opened. */
async function watchCamera({ url }: ServerProcess): Promise<void> {
  for (const [id, address] of [["missing", "/dev/video99"], ["dog", DOG_URL]]) {
    const camera = { id, name: id, url: address, pipeline_id: "yolo_ocr", always: true };
    const body = JSON.stringify(camera);
    const response = await fetch(new URL("/camera", url), { method: "POST", body });
    expect([response.status, (await response.json()).id]).toEqual([201, id]);
  }
  const watcher = new TestClient(`${url.replace("http", "ws")}ws/cameras/dog`);
  await watcher.received(5);
  expect(watcher.messages.some((message) => "result" in message)).toBe(true);
  await watcher.close();
}

/** Speaks something that is not HTTP. */
async function sendNonsense({ url }: ServerProcess): Promise<void> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode("nonsense\r\n\r\n"));
  const answer = new Uint8Array(1024);
  const length = await connection.read(answer) ?? 0;
  expect(new TextDecoder().decode(answer.subarray(0, length))).toMatch(/^HTTP\/1.1 400 /);
}

/** The lines of one metric, its help and its type left out. */
function samplesOf(text: string, name: string): string[] {
  return text.split("\n").filter((line) =>
    line.startsWith(`${name}{`) || line.startsWith(`${name} `) || line.startsWith(`${name}_`)
  );
}

function checkMetrics(text: string): void {
  const declared = text.split("\n").filter((line) => line.startsWith("# TYPE "))
    .map((line) => line.split(" ")[2]);
  expect(declared.toSorted()).toEqual(Object.keys(METRICS).toSorted());
  for (const [name, [type, label, values]] of Object.entries(METRICS)) {
    expect(text).toContain(`# TYPE ${name} ${type}\n`);
    const samples = samplesOf(text, name);
    expect([name, samples.length]).toEqual([name, expect.any(Number)]);
    expect([name, samples.length > 0]).toEqual([name, values?.length !== 0]);
    if (label === undefined) continue;
    const found = samples.map((line) => new RegExp(`${label}="([^"]+)"`).exec(line)?.[1]);
    expect([...new Set(found)].toSorted()).toEqual(values);
  }
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
}

function checkLog(log: Record<string, unknown>[]): void {
  const first = new Map<unknown, Record<string, unknown>>();
  for (const line of log) if (!first.has(line.event)) first.set(line.event, line);
  for (const [event, [level, fields]] of Object.entries(EVENTS)) {
    const line = first.get(event);
    expect([event, line?.level]).toEqual([event, level]);
    expect(Object.keys(line ?? {})).toEqual(expect.arrayContaining(fields));
    expect(line?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  for (const line of log) {
    if (String(line.event).startsWith("stream_")) {
      expect(line).toMatchObject({ session_id: expect.any(String), pipeline_id: "yolo_ocr" });
    }
  }
  const count = (event: string) => log.filter((line) => line.event === event).length;
  expect([count("stream_connect"), count("stream_disconnect")]).toEqual([1, 1]);
}

function checkSpans(spans: Span[]): void {
  const children = (parent: Span) =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name);
  const frames = spans.filter(({ name }) => name === "frame");
  const processed = frames.map((frame) => children(frame).toSorted().join());
  expect(processed).toContain("decode,detect");
  expect(processed).toContain("decode,detect,ocr");
  expect(frames[0]?.attributes.map(({ key }) => key).toSorted()).toEqual([
    "livesyte.frame_index",
    "livesyte.pipeline_id",
    "livesyte.session_id",
  ]);
  for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
  }
  const names = new Set(spans.map(({ name }) => name));
  for (const name of ["upgrade", "frame", "job"]) expect(names).toContain(name);
}

Deno.test({
  name: "a server shows what it does in metrics, log lines and traces",
  async fn() {
    await using collector = startCollector();
    const server = await startServerProcess({
      LOG_LEVEL: "debug",
      PIPELINE_DEVICE: "cpu",
      PIPELINE_WORKERS: "1",
      PIPELINE_THREADS: "2",
      STREAM_AUTH_TOKEN: "",
      EVENT_WEBHOOK_URL: collector.url,
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    });
    await visitStream(server);
    await runVideoJob(server);
    await watchCamera(server);
    await sendNonsense(server);
    const metrics = await (await fetch(new URL("/metrics", server.url))).text();
    expect(await server.stop()).toBe(0);
    checkMetrics(metrics);
    checkLog(server.log);
    checkSpans(collector.spans);
    const text = JSON.stringify(server.log) + JSON.stringify(collector.spans) + metrics;
    // What was read from the image is nobody's business.
    expect(text).not.toMatch(/hello|gate/i);
  },
});

const TOKEN = "opensesame4711";

/** Sends the token in every way that it can come, to what takes it and to what goes wrong. */
async function presentToken({ url }: ServerProcess): Promise<RawAnswer[]> {
  const { host } = new URL(url);
  const queries = [`token=${TOKEN}`, `%74ok%65n=${TOKEN}`, `a=%&token=${TOKEN}&token=${TOKEN}`];
  const paths = [
    "/pipelines",
    "/sessions",
    "/sessions/x",
    "/v1/health",
    "/video/results/x",
    "/ready",
  ];
  paths.push("/ws/video/stream", "/nothing", "/health", "/metrics", "/openapi.json", "/%zz", "//");
  const answers: RawAnswer[] = [];
  for (const path of paths) {
    for (const query of queries) answers.push(await requestRaw(host, `${path}?${query}`));
    const headers = { Authorization: `Bearer ${TOKEN}`, Referer: `${url}?token=${TOKEN}` };
    answers.push(await requestRaw(host, path, { headers }));
  }
  const odd: { method?: string; headers: Record<string, string> }[] = [
    ...["", "a b", "[::1", "a:b", `a?token=${TOKEN}`].map((Host) => ({ headers: { Host } })),
    { headers: { Origin: "https://evil.example" } },
    { method: "PROPFIND", headers: {} },
    { method: "POST", headers: {} },
  ];
  for (const request of odd) {
    answers.push(await requestRaw(host, `/sessions?token=${TOKEN}`, request));
  }
  answers.push(await requestRaw(host, `http://[::zz]/sessions?token=${TOKEN}`));
  for (const query of queries) {
    // A stream key is as secret as the token.
    const path = `/ws/video/stream?pipeline_id=none&stream_key=key-${TOKEN}-${TOKEN}&${query}`;
    answers.push(await requestRaw(host, path, { headers: UPGRADE }));
  }
  return answers;
}

Deno.test("a token is in no trace, log, metric or error, however it was presented", async () => {
  await using collector = startCollector();
  const server = await startServerProcess({
    LOG_LEVEL: "debug",
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "1",
    STREAM_AUTH_TOKEN: TOKEN,
    OTEL_DENO: "true",
    OTEL_DENO_CONSOLE: "capture",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  const answers = await presentToken(server);
  const { host } = new URL(server.url);
  const page = await requestRaw(host, `/?token=${TOKEN}`);
  const asset = await requestRaw(host, `/styles/live.css?token=${TOKEN}&__frsh_c=old`);
  const metrics = await (await fetch(new URL("/metrics", server.url))).text();
  expect(await server.stop()).toBe(0);
  // It was taken where it had to be, and a browser tells nobody the address of a page that has it.
  expect(answers.filter(({ status }) => status === 101)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 400).length).toBeGreaterThan(5);
  expect([page.status, page.headers.get("Referrer-Policy")]).toEqual([200, "no-referrer"]);
  expect(asset.status).toBe(307);
  // Every request has left its span, with the address but for the token.
  const addresses = collector.spans.flatMap(({ attributes }) =>
    attributes.filter(({ key }) => key === "url.full").map(({ value }) => value.stringValue)
  );
  expect(addresses.length).toBeGreaterThan(50);
  expect(addresses.some((address) => address?.includes("pipeline_id=none"))).toBe(true);
  // The links of a page carry the token that it was opened with.
  const isPage = ({ headers }: RawAnswer) => headers.get("Content-Type")?.includes("text/html");
  const others = answers.filter((answer) => !isPage(answer));
  const places = {
    answers: JSON.stringify(others.map(({ headers, body }) => [...headers, body])),
    collected: collector.texts.join("\n"),
    log: JSON.stringify(server.log),
    errors: await server.errors,
    metrics,
  };
  for (const [place, text] of Object.entries(places)) {
    expect([place, text.includes(TOKEN)]).toEqual([place, false]);
    expect([place, text.match(/TypeError| at .*\.ts/)]).toEqual([place, null]);
  }
  expect(places.errors).toBe("");
});
