import type { Context } from "fresh";
import { ApiError } from "../../../lib/http/api.ts";
import { readInteger } from "../../../lib/http/video_errors.ts";
import type { Job } from "../../../lib/video/jobs/job.ts";
import {
  exportCsv,
  exportJsonl,
  exportPage,
  MAX_PAGE_RESULTS,
} from "../../../lib/video/results_export.ts";
import { defineVideoApi, type State } from "../../../state.ts";

const DEFAULT_LIMIT = 100;

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
  const query = ctx.url.searchParams;
  switch (query.get("format") ?? "json") {
    case "json": {
      const offset = readInteger(query, "offset", {
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        fallback: 0,
      });
      const limit = readInteger(query, "limit", {
        minimum: 1,
        maximum: MAX_PAGE_RESULTS,
        fallback: DEFAULT_LIMIT,
      });
      const page = await exportPage(store, job.id, { offset, limit });
      return new Response(page, { headers: { "Content-Type": "application/json" } });
    }
    case "jsonl":
      return download(await exportJsonl(store, job.id), "application/x-ndjson", job, "jsonl");
    case "csv":
      return download(await exportCsv(store, job.id), "text/csv; charset=utf-8", job, "csv");
    default:
      throw new ApiError(400, "bad_request", "Query parameter format must be json, jsonl or csv");
  }
}

/** `GET /video/results/:id?offset=&limit=` or `?format=jsonl|csv`: what a completed job has found. */
export const handler = defineVideoApi({ GET: results });
