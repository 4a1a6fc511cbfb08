import { readQuery } from "../../lib/http/read_query.ts";
import type { JobList } from "../../lib/protocol/job.ts";
import { toJobView } from "../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../state.ts";

/** `GET /video/jobs?status=`: the jobs, oldest first. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const query = readQuery(ctx.url.searchParams, "JobsQuery");
    const { store } = await ctx.state.services.videos.open();
    return Response.json({ jobs: store.list(query).map(toJobView) } satisfies JobList);
  },
});
