/**
 * Who may use the server: the origin check and the token.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback, parseAuthority, parseHostname } from "../host_name.ts";
import { ApiError } from "./api.ts";

/** What is asked of clients. */
export interface AccessRules {
  /** Origins, beside the server's own, whose pages may connect. */
  allowedOrigins: readonly string[];
  /** The token that clients have to present; `undefined` for none. */
  authToken: string | undefined;
}

/**
 * Whether a page of another site made this request.
 *
 * Browsers always name the origin of a WebSocket and of a POST; programs that are no browsers send none and pass. What a page
 * merely shows, such as an image, is asked for without an origin. If no token keeps it from other sites, it is for pages only
 * that are this server's, or that the browser names.
 */
function isForeignOrigin(
  headers: Headers,
  { allowedOrigins, authToken }: AccessRules,
): boolean {
  const isShownElsewhere = authToken === undefined && isForOtherPage(headers);
  const text = headers.get("Origin") ?? (isShownElsewhere ? headers.get("Referer") ?? "" : null);
  if (text === null) return false;
  const origin = URL.parse(text);
  if (origin !== null && allowedOrigins.includes(origin.origin)) return false;
  const theirs = parseAuthority(origin?.host ?? "");
  const ours = parseAuthority(headers.get("Host") ?? "");
  return theirs === undefined || theirs.hostname !== ours?.hostname || theirs.port !== ours.port;
}

/** Whether a browser says that the answer becomes part of a page of another origin. It says so only to localhost and over TLS. */
function isForOtherPage(headers: Headers): boolean {
  const isVisit = headers.get("Sec-Fetch-Dest") === "document";
  return !isVisit && ["cross-site", "same-site"].includes(headers.get("Sec-Fetch-Site") ?? "");
}

function presentedToken(request: Request): string {
  const bearer = /^Bearer +(.+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  return bearer ?? new URL(request.url).searchParams.get("token") ?? "";
}

/** Compares digests, so that neither the length nor the first difference can be read from the time it takes. */
function isSameToken(presented: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(presented), digest(expected));
}

/** Headers by which proxies tell for whom they ask. */
const FORWARDING_HEADERS = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

/**
 * Whether a request comes from a program, or a page of this server, on the machine itself.
 *
 * A proxy on the machine connects from there too, for whomever: its requests name another host or tell that they are
 * forwarded. What they tell of the client is never believed.
 */
function isFromThisMachine({ headers }: Request, remoteAddr: Deno.Addr): boolean {
  const address = remoteAddr.transport === "tcp" ? parseHostname(remoteAddr.hostname) : undefined;
  const host = parseAuthority(headers.get("Host") ?? "")?.hostname;
  return isLoopback(address ?? "") && isLoopback(host ?? "") &&
    !FORWARDING_HEADERS.some((name) => headers.has(name));
}

/** Whether a request that {@linkcode checkAccess} lets pass would pass {@linkcode checkTrusted} too. */
export function isTrusted(
  request: Request,
  remoteAddr: Deno.Addr,
  { authToken }: AccessRules,
): boolean {
  return authToken !== undefined || isFromThisMachine(request, remoteAddr);
}

/**
 * The same as {@linkcode checkAccess}, for what can make the server connect to other machines or read its files.
 *
 * @param remoteAddr Who has connected
 * @throws {ApiError} As `checkAccess` does, and with 403 if no token is set and the request comes from another machine
 */
export function checkTrusted(
  request: Request,
  remoteAddr: Deno.Addr,
  rules: AccessRules,
): void {
  checkAccess(request, rules);
  if (isTrusted(request, remoteAddr, rules)) return;
  throw new ApiError(
    403,
    "forbidden",
    "Only the machine itself may do this as long as no STREAM_AUTH_TOKEN is set",
  );
}

/**
 * Lets a request pass or refuses it.
 *
 * @throws {ApiError} With 403 for a page of another site, 401 for a missing or wrong token
 */
export function checkAccess(request: Request, rules: AccessRules): void {
  const { authToken } = rules;
  if (isForeignOrigin(request.headers, rules)) {
    throw new ApiError(403, "forbidden_origin", "Pages of this origin may not use this server");
  }
  if (authToken !== undefined && !isSameToken(presentedToken(request), authToken)) {
    throw new ApiError(
      401,
      "unauthorized",
      "Present the token as Authorization: Bearer <token> or ?token=<token>",
    );
  }
}
