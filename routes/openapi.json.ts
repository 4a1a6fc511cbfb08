import { describeInterface } from "../lib/http/openapi.ts";
import { VERSION } from "../services.ts";
import { defineApi } from "../state.ts";

/** `GET /openapi.json`: this interface, described for programs. */
export const handler = defineApi({
  GET: (ctx) => {
    const { basePath } = ctx.state.services.config;
    return Response.json(describeInterface(VERSION, basePath));
  },
});
