import { NatsConnectionImpl } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { expect } from "expect";
import { startServerProcess, thisProjectAsWorker } from "../../bench/server_process.ts";
import type { JobList, JobView } from "../../lib/protocol/job.ts";
import type { ResultsPage } from "../../lib/protocol/video_results.ts";
import { isMissing } from "../needs.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { ensureModel } from "../pipeline/models.ts";
import { startTestServer, type TestServer } from "../routes/test_server.ts";
import { ask, isOver, post, send, submit, untilJob } from "../routes/video_client.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const FRAMES = [...Array(10).keys()];

/** A server that takes jobs and computes nothing. */
async function startGateway(NATS_URL: string): Promise<TestServer & { url: string }> {
  const server = await startTestServer({ environment: { NATS_URL, PIPELINE_WORKERS: "0" } });
  return { ...server, url: `http://${server.host}` };
}

/** A machine that computes, in a process of its own. */
async function startWorker(NATS_URL: string): Promise<AsyncDisposable> {
  const directory = await temporaryDirectory();
  const environment = { PIPELINE_DEVICE: "cpu", PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };
  const worker = await startServerProcess(
    { ...environment, NATS_URL, DATA_DIR: directory.path },
    thisProjectAsWorker(),
  );
  return {
    async [Symbol.asyncDispose]() {
      expect(await worker.stop()).toBe(0);
      // No copy of a video is left behind.
      const left = Array.from(Deno.readDirSync(`${directory.path}/copies`), ({ name }) => name);
      expect(left).toEqual([]);
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function dogVideo(): Promise<File> {
  return new File([await Deno.readFile(DOG_VIDEO)], "dog.mp4");
}

async function framesOf(url: string, id: string): Promise<number[]> {
  const { answer } = await ask<ResultsPage>(url, `/video/results/${id}`);
  return answer.results.map(({ frame_index }) => frame_index);
}

/** What a socket is told of a job until that ends. */
async function watchToEnd(url: string, id: string): Promise<JobView[]> {
  const socket = new WebSocket(new URL(`/ws/jobs/${id}`, url.replace("http", "ws")));
  const views: JobView[] = [];
  socket.onmessage = ({ data }) => void views.push(JSON.parse(data));
  await new Promise((resolve) => socket.onclose = resolve);
  return views;
}

Deno.test({
  name: "every server of a cluster answers for every job, and a worker runs it",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    await using a = await startGateway(nats.url);
    await using b = await startGateway(nats.url);
    const id = await submit(a.url, await dogVideo());
    const watched = watchToEnd(b.url, id);
    {
      await using _worker = await startWorker(nats.url);
      expect(await untilJob(b.url, id, isOver)).toMatchObject({ status: "completed" });
    }
    const views = await watched;
    expect(views.map(({ status }) => status)).toEqual(
      expect.arrayContaining(["pending", "processing", "completed"]),
    );
    expect(views.at(-1)?.status).toBe("completed");
    for (const { url, services } of [a, b]) {
      await untilJob(url, id, isOver);
      expect(await framesOf(url, id)).toEqual(FRAMES);
      expect((await ask<JobList>(url, "/video/jobs")).answer.jobs).toMatchObject([{ job_id: id }]);
      expect(services.health().jobs).toMatchObject({ total: 1, by_status: { completed: 1 } });
    }
    for (const format of ["jsonl", "csv"]) {
      const [here, there] = await Promise.all(
        [a, b].map(async ({ url }) =>
          await (await send(new URL(`/video/results/${id}?format=${format}`, url))).text()
        ),
      );
      expect(there?.split("\n").length).toBeGreaterThan(10);
      expect(here).toBe(there);
    }
    const video = await Deno.readFile(DOG_VIDEO);
    const tags = await Promise.all([a, b].map(async ({ url }) => {
      const headers = { Range: "bytes=100-199" };
      const part = await send(new URL(`/video/file/${id}`, url), { headers });
      expect(part.status).toBe(206);
      expect(await part.bytes()).toEqual(video.slice(100, 200));
      return part.headers.get("ETag");
    }));
    // Players may go on at another server.
    expect(tags[0]).toBe(tags[1]);
    const annotated = await send(new URL(`/video/annotated/${id}`, b.url));
    expect([annotated.status, annotated.headers.get("Content-Type")]).toEqual([200, "video/mp4"]);
    expect((await annotated.bytes()).length).toBeGreaterThan(1000);

    const second = await submit(b.url, await dogVideo());
    expect((await ask(a.url, `/video/cancel/${second}`, "POST")).status).toBe(200);
    await untilJob(b.url, second, ({ status }) => status === "cancelled");
    expect((await ask(b.url, `/video/retry/${second}`, "POST")).status).toBe(200);
    await using _worker = await startWorker(nats.url);
    expect(await untilJob(a.url, second, isOver)).toMatchObject({ status: "completed" });
    expect(await framesOf(b.url, second)).toEqual(FRAMES);
    expect((await ask(b.url, `/video/${id}`, "DELETE")).status).toBe(204);
    await until(async () => (await ask(a.url, `/video/status/${id}`)).status === 404);
    expect((await ask(a.url, "/video/jobs?status=all", "DELETE")).answer).toEqual({
      removed: 1,
      left: 0,
    });
    const connection = await NatsConnectionImpl.connect({ servers: nats.url });
    const streams = await (await jetstreamManager(connection as never)).streams.names().next();
    expect(streams.filter((name) => name.startsWith("OBJ_"))).toEqual([]);
    await connection.close();
  },
});

Deno.test({
  name: "an upload for which NATS has no room is refused with a sentence, and loses nothing",
  ignore,
  async fn() {
    await ensureModel();
    // Room for the records and for one job.
    await using nats = await startNats({ maxStorage: "48MB" });
    await using server = await startTestServer({ environment: { NATS_URL: nats.url } });
    const url = `http://${server.host}`;
    const id = await submit(url, await dogVideo());
    const refused = await post(url, await dogVideo());
    expect([refused.status, await refused.json()]).toEqual([503, {
      error: "storage_full",
      detail: "The storage of NATS is full: delete finished jobs, or raise max_file_store in the " +
        "configuration of nats-server",
    }]);
    expect(await untilJob(url, id, isOver)).toMatchObject({ status: "completed" });
    expect(await framesOf(url, id)).toEqual(FRAMES);
    expect((await ask(url, `/video/${id}`, "DELETE")).status).toBe(204);
    const next = await submit(url, await dogVideo());
    expect(await untilJob(url, next, isOver)).toMatchObject({ status: "completed" });
  },
});

Deno.test("jobs of a time without NATS are told of at the start, and stay where they are", async () => {
  await ensureModel();
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  const store = await JobStore.open({ dataDirectory });
  const { id } = await store.create({ pipelineId: "yolo_only", fileName: "a.mp4", fileBytes: 1 });
  await store.shutdown(1000);
  {
    const environment = { NATS_URL: "nats://127.0.0.1:1", PIPELINE_WORKERS: "0" };
    await using server = await startServerProcess({ ...environment, DATA_DIR: dataDirectory });
    const hidden = server.log.filter(({ event }) => event === "jobs_hidden");
    expect(hidden).toMatchObject([{ level: "warning", jobs: 1 }]);
    expect(hidden[0]?.message).toMatch(
      /^Video jobs of a time without NATS_URL stay in .*jobs.sqlite/,
    );
  }
  await using kept = await JobStore.open({ dataDirectory });
  expect(kept.get(id)).toMatchObject({ status: "pending" });
});
