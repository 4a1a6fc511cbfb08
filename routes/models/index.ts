import type { ModelList } from "../../lib/protocol/model_list.ts";
import { defineApi } from "../../state.ts";

/** `GET /models`: the models that there are, with what is known of each. */
export const handler = defineApi({
  async GET(ctx) {
    const answer: ModelList = { models: await ctx.state.services.pipelines.listModels() };
    return Response.json(answer);
  },
});
