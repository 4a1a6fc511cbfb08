import { expect } from "expect";
import { changeJob, fetchJobs, fetchResults } from "../../../lib/client/videos/video_api.ts";
import { ApiError } from "../../../lib/client/server_api.ts";
import type { JobView } from "../../../lib/protocol/job.ts";
import { exampleResult } from "../example_result.ts";

const JOB: JobView = {
  job_id: "6f1c0c4e-6d0b-4a44-8f0e-3c8a9a3c5d11",
  pipeline_id: "yolo_only",
  status: "processing",
  progress: { current_step: 1, total_steps: 0, percent: 0, description: "Processing frames" },
  created_at: "2026-11-01T12:00:00.000Z",
  updated_at: "2026-11-01T12:00:04.000Z",
  finished_at: null,
  error: null,
  detail: null,
  file_name: "walk.mp4",
  file_bytes: 1,
  frame_stride: 1,
  max_frames: 0,
  rules: 0,
  video: null,
};

const PAGE = {
  job_id: JOB.job_id,
  total: 1,
  offset: 0,
  limit: 1000,
  results: [{ frame_index: 0, timestamp_ms: 0, result: exampleResult() }],
};

/** A server that answers everything with this. */
function answerWith(answer: unknown, status = 200): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, onListen() {} }, () => Response.json(answer, { status }));
}

function pageOf({ addr }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${addr.port}/videos`;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(() => undefined, (error) => error);
  return error instanceof ApiError ? error.code : String(error);
}

Deno.test("answers of the /video paths are taken as their schemas say", async () => {
  {
    await using server = answerWith({ jobs: [JOB] });
    expect(await fetchJobs(pageOf(server))).toEqual([JOB]);
  }
  {
    await using server = answerWith(JOB);
    expect(await changeJob(pageOf(server), JOB.job_id, "retry")).toEqual(JOB);
  }
  await using server = answerWith(PAGE);
  expect(await fetchResults(pageOf(server), JOB.job_id, { offset: 0, limit: 1000 })).toEqual(PAGE);
});

Deno.test("answers that are something else are refused", async () => {
  const range = { offset: 0, limit: 1 };
  for (
    const wrong of [null, [], {}, { jobs: [{}] }, { ...JOB, status: "lost" }, {
      ...PAGE,
      results: [1],
    }]
  ) {
    await using server = answerWith(wrong);
    const page = pageOf(server);
    expect(await codeOf(fetchJobs(page))).toBe("invalid_answer");
    expect(await codeOf(changeJob(page, JOB.job_id, "cancel"))).toBe("invalid_answer");
    expect(await codeOf(fetchResults(page, JOB.job_id, range))).toBe("invalid_answer");
  }
});

Deno.test("an error is read where it is one", async () => {
  {
    await using server = answerWith({ error: "job_not_found", detail: "There is no job x" }, 404);
    expect(await codeOf(fetchJobs(pageOf(server)))).toBe("job_not_found");
  }
  await using server = answerWith({ message: "Bad gateway" }, 502);
  expect(await codeOf(fetchJobs(pageOf(server)))).toBe("internal_error");
});
