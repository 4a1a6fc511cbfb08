import { checkAccess } from "../../lib/http/access.ts";
import { ApiError } from "../../lib/http/api.ts";
import { validateDefinition } from "../../lib/pipeline/pipeline_definition.ts";
import type { Validation } from "../../lib/protocol/pipeline.ts";
import { defineApi } from "../../state.ts";

const MAX_BYTES = 65_536;

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder(undefined, { fatal: true }).decode(body));
  } catch {
    throw new ApiError(400, "bad_request", "Body is not JSON");
  }
}

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
    const errors = await bodies.read(
      ctx.req,
      { maxBytes: MAX_BYTES },
      (body) => validateDefinition(parseJson(body), models),
    );
    const answer: Validation = { valid: errors.length === 0, errors };
    return Response.json(answer);
  },
});
