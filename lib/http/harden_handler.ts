import { type Context, HttpError } from "fresh";
import { logEvent } from "../telemetry/log.ts";
import { ApiError, isApiPath } from "./api.ts";
import { setSecurityHeaders } from "./security_headers.ts";

/** What answers requests, as Fresh makes it. */
export type Handler = (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response>;

/** The methods that Fresh can route; it fails on any other. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Fresh can route it, but no path has it. */
const UNUSED_METHOD = "PUT";

/**
 * Makes a handler answer everything as the protocol says, even what Fresh does not get as far as our code with: paths that
 * cannot be decoded, methods that it does not know, and errors of its own. Every answer has the security headers, and every
 * error on a path for programs is JSON.
 */
export function hardenHandler(handler: Handler): Handler {
  return async (request, info) => {
    const url = new URL(request.url);
    const isApi = isApiPath(url.pathname);
    let response: Response;
    try {
      response = await (isApi ? answerApi : answerPage)(handler, request, url, info);
    } catch (error) {
      logEvent("error", "server_error", "Request failed unexpectedly", { cause: String(error) });
      response = isApi
        ? unexpected().toResponse()
        : new Response("Unexpected error occurred", { status: 500 });
    }
    // The answer to an upgrade belongs to the WebSocket and cannot be changed.
    if (response.status !== 101) setSecurityHeaders(response.headers);
    return response;
  };
}

/** A middleware that answers with the page for errors where a page is asked for something else than to be read. */
export async function refuseOtherMethods<State>(ctx: Context<State>): Promise<Response> {
  const { method } = ctx.req;
  if (method !== "GET" && method !== "HEAD" && !isApiPath(ctx.url.pathname)) {
    throw new HttpError(405);
  }
  return await ctx.next();
}

async function answerApi(
  handler: Handler,
  request: Request,
  url: URL,
  info?: Deno.ServeHandlerInfo,
): Promise<Response> {
  if (!isDecodable(url)) return notFound().toResponse();
  // Every path refuses this method, and names those that it has.
  const isKnown = METHODS.includes(request.method);
  const known = isKnown ? request : new Request(url, { method: UNUSED_METHOD });
  const response = await handler(known, info);
  const { status } = response;
  // Fresh's own errors; one of ours without a body, such as 416, stays as it is.
  const isFreshs = (status === 404 || status >= 500) &&
    !response.headers.get("Content-Type")?.includes("json");
  if (!isFreshs) return response;
  await response.body?.cancel();
  return (status === 404 ? notFound() : unexpected()).toResponse();
}

async function answerPage(
  handler: Handler,
  request: Request,
  url: URL,
  info?: Deno.ServeHandlerInfo,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    // Of the methods that Fresh knows, one that no page has: see `refuseOtherMethods`.
    const response = await handler(new Request(url, { method: UNUSED_METHOD }), info);
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }
  if (isDecodable(url)) return await handler(request, info);
  url.pathname = url.pathname.replaceAll("%", "%25");
  const { method, headers } = request;
  return await handler(new Request(url, { method, headers }), info);
}

function isDecodable({ pathname }: URL): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

function notFound(): ApiError {
  return new ApiError(404, "not_found", "There is nothing at this path");
}

function unexpected(): ApiError {
  return new ApiError(500, "internal_error", "Unexpected error occurred");
}
