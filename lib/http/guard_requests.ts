/**
 * What stands around the whole application, before any route.
 *
 * @module
 */

import { ApiError, toApiError } from "./api.ts";
import type { Handler } from "./harden_handler.ts";
import { HostCheck, type HostRules } from "./host_check.ts";
import { setSecurityHeaders, setTransportSecurity } from "./security_headers.ts";

/**
 * Wraps a handler, so that requests without a proper `Host` and address do not reach it.
 *
 * @param getRules Called for the first request
 */
export function guardRequests(handler: Handler, getRules: () => HostRules): Handler {
  let hosts: HostCheck | undefined;
  const refuse = (request: Request): Response | undefined => {
    try {
      hosts ??= new HostCheck(getRules());
      hosts.check(request.headers);
      if (!URL.canParse(request.url)) throw malformedAddress();
      return undefined;
    } catch (error) {
      return answerError(error);
    }
  };
  return async (request, info) => {
    const response = refuse(request) ?? await handler(request, info);
    // The answer to an upgrade belongs to the WebSocket and cannot be changed.
    if (response.status !== 101) setTransportSecurity(request, response.headers);
    return response;
  };
}

/**
 * Answers for what `Deno.serve` could not do, as its `onError`.
 *
 * With tracing on, Deno parses the address of a request before the application sees it.
 */
export function answerServeError(error: unknown): Response {
  const isAddress = error instanceof TypeError && error.message.startsWith("Invalid URL");
  return answerError(isAddress ? malformedAddress() : error);
}

function answerError(error: unknown): Response {
  const response = toApiError(error).toResponse();
  setSecurityHeaders(response.headers);
  return response;
}

function malformedAddress(): ApiError {
  return new ApiError(400, "bad_request", "The address of the request, or its Host, is malformed");
}
