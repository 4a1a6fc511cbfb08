import { ApiError } from "../../lib/http/api.ts";
import { JOB_STATUSES, toJobView } from "../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../state.ts";

/** `GET /video/jobs?status=`: the jobs, oldest first. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const wanted = ctx.url.searchParams.get("status");
    const status = JOB_STATUSES.find((name) => name === wanted);
    if (wanted !== null && status === undefined) {
      const detail = `Query parameter status must be one of ${JOB_STATUSES.join(", ")}`;
      throw new ApiError(400, "bad_request", detail);
    }
    const { store } = await ctx.state.services.videos.open();
    const jobs = store.list(status === undefined ? {} : { status });
    return Response.json({ jobs: jobs.map(toJobView) });
  },
});
