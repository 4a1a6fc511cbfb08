/**
 * Posts events to a receiver over HTTP.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { WebhookConfig } from "../../events_config.ts";
import type { LiveEvent } from "../../protocol/event.ts";
import { DeliveryError, EventRefusedError } from "./errors.ts";

/**
 * Statuses that are about the body of a request. Others are about the address, the headers or the receiver, and so the same for
 * every event.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 409, 413, 422]);

/** Options of {@linkcode postEvent}. */
export interface PostOptions extends WebhookConfig {
  /** How long the receiver may take to answer, in milliseconds. */
  timeoutMs: number;
  /** Ends it early. */
  signal: AbortSignal;
}

/**
 * What the header `X-Livesyte-Signature` says of a body: that who sent it knows the secret.
 *
 * @returns `sha256=` and the HMAC-SHA256 of the body in small hexadecimal digits
 */
export function signBody(body: string, secret: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/**
 * Posts an event once. Redirects are not followed.
 *
 * @throws {EventRefusedError} If the receiver answers that it does not want what is in it
 * @throws {DeliveryError} Unless the receiver answers with a status from 200 to 299 in time; the message holds no address
 */
export async function postEvent(
  event: LiveEvent,
  { url, secret, timeoutMs, signal }: PostOptions,
): Promise<void> {
  const body = JSON.stringify(event);
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(withoutUser(url), {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...authorizationFor(url),
        ...secret !== undefined && { "X-Livesyte-Signature": signBody(body, secret) },
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([timeout, signal]),
    });
  } catch (error) {
    throw new DeliveryError(
      timeout.aborted
        ? `the receiver did not answer within ${timeoutMs / 1000} s`
        : `the receiver cannot be reached${describeConnection(error)}`,
    );
  }
  // What it says is of no interest, and may be long.
  await response.body?.cancel().catch(() => {});
  if (response.ok) return;
  const Refusal = REFUSALS.has(response.status) ? EventRefusedError : DeliveryError;
  throw new Refusal(`the receiver answered with the status ${response.status}`);
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = plain.password = "";
  return plain;
}

/** The user and the password of an address as the header that they are sent in. */
function authorizationFor({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const bytes = new TextEncoder().encode(
    `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
  );
  return { Authorization: `Basic ${bytes.toBase64()}` };
}

/** Why a connection failed, after a colon; the rest of the error's message would hold the address. */
function describeConnection(error: unknown): string {
  const { message } = error instanceof Error ? (error.cause ?? error) as Error : new Error();
  if (/port \d+ are blocked$/.test(message)) {
    return ": HTTP clients refuse its port, so it needs another one";
  }
  const reason = /client error \(\w+\): (.*)$/.exec(message)?.[1];
  // A certificate of somebody else is told with the name that was asked for.
  return reason === undefined ? "" : `: ${reason.replace(/ for name ".*$/, " for this name")}`;
}
