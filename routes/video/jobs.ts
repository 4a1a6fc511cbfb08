import { readClearQuery } from "../../lib/http/clear_query.ts";
import { readQuery } from "../../lib/http/read_query.ts";
import type { Cleared, JobList } from "../../lib/protocol/job.ts";
import { toJobView } from "../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../state.ts";

/** `GET /video/jobs?status=`: the jobs, oldest first; `DELETE /video/jobs?status=&older_than_h=`: removes finished ones. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const query = readQuery(ctx.url.searchParams, "JobsQuery");
    const { store } = await ctx.state.services.videos.open();
    return Response.json({ jobs: store.list(query).map(toJobView) } satisfies JobList);
  },
  async DELETE(ctx) {
    const meant = readClearQuery(ctx.url.searchParams);
    const { store } = await ctx.state.services.videos.open();
    const removed = await store.clear(meant);
    const answer: Cleared = { removed, left: store.statistics().total };
    return Response.json(answer);
  },
});
