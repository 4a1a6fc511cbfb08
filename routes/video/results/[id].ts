import type { Context } from "fresh";
import { ApiError } from "../../../lib/http/api.ts";
import { readQuery } from "../../../lib/http/read_query.ts";
import type { Job } from "../../../lib/video/jobs/job.ts";
import { exportCsv, exportJsonl, exportPage } from "../../../lib/video/results_export.ts";
import { defineVideoApi, type State } from "../../../state.ts";

function download(body: ReadableStream, type: string, { id }: Job, ending: string): Response {
  return new Response(body, {
    headers: {
      "Content-Type": type,
      "Content-Disposition": `attachment; filename="${id}.${ending}"`,
    },
  });
}

async function results(ctx: Context<State>): Promise<Response> {
  const { store } = await ctx.state.services.videos.open();
  const job = store.get(ctx.params.id);
  if (job.status !== "completed") {
    throw new ApiError(409, "job_not_completed", `The job is ${job.status}`);
  }
  const { format, offset, limit } = readQuery(ctx.url.searchParams, "ResultsQuery");
  switch (format) {
    case "json": {
      const page = await exportPage(store, job.id, { offset, limit });
      return new Response(page, { headers: { "Content-Type": "application/json" } });
    }
    case "jsonl":
      return download(await exportJsonl(store, job.id), "application/x-ndjson", job, "jsonl");
    case "csv":
      return download(await exportCsv(store, job.id), "text/csv; charset=utf-8", job, "csv");
  }
}

/** `GET /video/results/:id?offset=&limit=` or `?format=jsonl|csv`: what a completed job has found. */
export const handler = defineVideoApi({ GET: results });
