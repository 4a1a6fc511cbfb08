import { expect } from "expect";
import type { JobStatus } from "../../lib/video/jobs/job.ts";
import type { JobStore } from "../../lib/video/jobs/job_store.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { frameResults } from "../video/results.ts";
import { startTestServer, TestClient, type TestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 5 };

/** A server with jobs of these statuses, each with its file, and no models. */
async function serverWith(...statuses: JobStatus[]) {
  const server = await startTestServer({ processor });
  const { store } = await server.services.videos.open();
  const ids: string[] = [];
  for (const status of statuses) ids.push(await addJob(store, status));
  const files = () => Array.from(Deno.readDirSync(store.files.directory), ({ name }) => name);
  return { server, store, ids, files, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function addJob(store: JobStore, status: JobStatus): Promise<string> {
  const { id } = await store.create(NEW_JOB);
  await Deno.writeTextFile(store.files.path(id), "video");
  if (status === "pending") return id;
  await store.updateStatus(id, "processing");
  await store.appendResults(id, frameResults(0, 3));
  if (status !== "processing") await store.updateStatus(id, status);
  return id;
}

async function clear(
  server: TestServer,
  query: string,
  path = "/video/jobs",
): Promise<[status: number, answer: unknown]> {
  const response = await server.fetch(`${path}${query}`, { method: "DELETE" });
  return [response.status, await response.json()];
}

Deno.test("DELETE /video/jobs removes the jobs of a status, then all that are finished", async () => {
  await using opened = await serverWith("failed", "completed", "pending", "failed", "cancelled");
  const { server, ids, files } = opened;
  expect(await clear(server, "?status=failed")).toEqual([200, { removed: 2, left: 3 }]);
  expect((await server.fetch(`/video/status/${ids[0]}`)).status).toBe(404);
  expect(files()).toHaveLength(3);
  expect(await clear(server, "?status=failed")).toEqual([200, { removed: 0, left: 3 }]);
  expect(await clear(server, "?status=completed", "/v1/video/jobs"))
    .toEqual([200, { removed: 1, left: 2 }]);
  expect(await clear(server, "?status=all")).toEqual([200, { removed: 1, left: 1 }]);
  expect(files()).toEqual([`${ids[2]}.video`]);
  const { jobs } = await (await server.fetch("/video/jobs")).json();
  expect(jobs).toMatchObject([{ job_id: ids[2], status: "pending" }]);
});

Deno.test("DELETE /video/jobs removes the jobs that ended so many hours ago", async () => {
  await using opened = await serverWith("completed", "failed");
  const { server } = opened;
  expect(await clear(server, "?older_than_h=1")).toEqual([200, { removed: 0, left: 2 }]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const query = "?status=completed&older_than_h=0.00001";
  expect(await clear(server, query)).toEqual([200, { removed: 1, left: 1 }]);
  expect(await clear(server, "?older_than_h=0")).toEqual([200, { removed: 1, left: 0 }]);
});

Deno.test("DELETE /video/jobs removes nothing when it does not say what", async () => {
  await using opened = await serverWith("completed", "failed", "processing");
  const { server, store } = opened;
  for (
    const query of ["", "?", "?status=", "?status=any", "?status=processing", "?older_than_h=soon"]
  ) {
    expect([query, await clear(server, query)])
      .toEqual([query, [400, { error: "bad_request", detail: expect.any(String) }]]);
  }
  expect(store.list()).toHaveLength(3);
});

Deno.test("DELETE /video/jobs is seen by metrics, by health, and by those who watch a job", async () => {
  await using opened = await serverWith("completed", "completed", "processing");
  const { server, ids } = opened;
  const [, , processing] = ids;
  const watched = new TestClient(`ws://${server.host}/ws/jobs/${processing}`);
  await watched.received(1);
  expect(await clear(server, "?status=all")).toEqual([200, { removed: 2, left: 1 }]);
  const metrics = await (await server.fetch("/metrics")).text();
  expect(metrics).toContain('video_jobs{status="completed"} 0');
  expect(metrics).toContain('video_jobs{status="processing"} 1');
  const { jobs } = await (await server.fetch("/health")).json();
  expect(jobs).toMatchObject({ total: 1, by_status: { completed: 0, processing: 1 } });
  expect(watched.messages).toHaveLength(1);
  await watched.close();
});

Deno.test("DELETE /video/jobs is only for those with the token, and no page of another site", async () => {
  const environment = { STREAM_AUTH_TOKEN: "secret" };
  await using server = await startTestServer({ environment, processor });
  const { store } = await server.services.videos.open();
  await addJob(store, "failed");
  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const response = await server.fetch(`/video/jobs${query}`, { method: "DELETE", headers });
    await response.body?.cancel();
    return response.status;
  };
  expect(await ask("?status=all")).toBe(401);
  expect(await ask("?status=all&token=wrong")).toBe(401);
  const Authorization = "Bearer secret";
  expect(await ask("?status=all", { Authorization, Origin: "https://example.com" })).toBe(403);
  expect(store.list()).toHaveLength(1);
  expect(await ask("?status=all&token=secret")).toBe(200);
  expect(await ask("?status=all", { Authorization })).toBe(200);
  expect(store.list()).toHaveLength(0);
});
