import type { Context } from "fresh";
import { ApiError } from "../../../lib/http/api.ts";
import { readQuery } from "../../../lib/http/read_query.ts";
import { exportEvents } from "../../../lib/video/video_events.ts";
import { defineVideoApi, type State } from "../../../state.ts";

const TYPES = {
  json: "application/json",
  jsonl: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

async function events(ctx: Context<State>): Promise<Response> {
  const { videos, rules: desk } = ctx.state.services;
  const { store } = await videos.open();
  const { id, status, pipelineId, rules: own } = store.get(ctx.params.id);
  if (status !== "completed") throw new ApiError(409, "job_not_completed", `The job is ${status}`);
  const { format, rules } = readQuery(ctx.url.searchParams, "EventsQuery");
  const meant = rules === undefined ? own : desk.parse(rules, pipelineId);
  const headers = new Headers({ "Content-Type": TYPES[format] });
  if (format !== "json") {
    headers.set("Content-Disposition", `attachment; filename="${id}-events.${format}"`);
  }
  return new Response(await exportEvents(store, id, meant, format), { headers });
}

/** `GET /video/events/:id?format=json|jsonl|csv&rules=`: what rules notice in a completed job. */
export const handler = defineVideoApi({ GET: events });
