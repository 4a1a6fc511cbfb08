import { checkAccess } from "../../lib/http/access.ts";
import { readJson } from "../../lib/http/read_json.ts";
import { validateDefinition } from "../../lib/pipeline/pipeline_definition.ts";
import type { Validation } from "../../lib/protocol/pipeline.ts";
import { defineApi } from "../../state.ts";

/** `POST /pipelines/validate`: whether a definition could run, and what is wrong with it. */
export const handler = defineApi({
  async POST(ctx) {
    const { bodies, config, pipelines } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    const listed = await pipelines.listModels();
    const models = {
      roles: new Map(listed.map(({ name, role }) => [name, role])),
      ofAll: pipelines.registry.role,
    };
    const errors = validateDefinition(await readJson(bodies, ctx.req), models);
    const answer: Validation = { valid: errors.length === 0, errors };
    return Response.json(answer);
  },
});
