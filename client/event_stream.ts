import { reconnectDelayMs } from "./connection.ts";
import { answerError, LivesyteError } from "./livesyte_error.ts";
import type { LiveEvent } from "./messages.ts";

/** Options for {@linkcode followEvents}. */
export interface EventStreamOptions {
  /** Events of this time or later come first: a `Date`, or text such as `2026-11-26T12:00:00Z`. Only new ones by default. */
  since?: Date | string;
  /**
   * How many attempts to reconnect in a row may fail.
   *
   * @default {5}
   */
  attempts?: number;
  /** Ends the loop over the events. */
  signal?: AbortSignal;
}

/** Asks the server for events. @throws {LivesyteError} If it cannot be reached. */
export type OpenEvents = (
  query: Record<string, string>,
  init: { headers: Record<string, string>; signal: AbortSignal },
) => Promise<Response>;

/** What the server says at a time. */
interface Message {
  /** Where the server goes on after a lost connection. */
  id: string | undefined;
  /** An event as JSON. */
  data: string | undefined;
}

/** The server shows every 15 s that it is there, so a longer silence is a dead connection. */
const LONGEST_SILENCE_MS = 45_000;

/**
 * Events as they happen, over as many connections as it takes.
 *
 * @throws {LivesyteError} If the server refuses to tell them, or cannot be reached any more.
 */
export async function* followEvents(
  open: OpenEvents,
  { since, attempts, signal }: EventStreamOptions & { attempts: number },
): AsyncGenerator<LiveEvent, void, void> {
  const query: Record<string, string> = since === undefined ? {} : { since: toText(since) };
  let lastId: string | undefined;
  let failures = 0;
  while (!signal?.aborted) {
    const connection = new AbortController();
    const leave = () => connection.abort();
    signal?.addEventListener("abort", leave);
    let failure = new LivesyteError("connection_lost", "The connection was lost");
    let isFinal = false;
    try {
      const headers: Record<string, string> = lastId === undefined
        ? {}
        : { "Last-Event-ID": lastId };
      const response = await unlessSilent(
        open(query, { headers, signal: connection.signal }),
        leave,
      );
      if (response.ok && isEventStream(response)) {
        for await (const { id, data } of readMessages(response, leave)) {
          failures = 0;
          lastId = id ?? lastId;
          if (data !== undefined) yield JSON.parse(data);
        }
      } else {
        isFinal = response.status < 500;
        failure = await answerError(response);
      }
    } catch (cause) {
      if (cause instanceof LivesyteError) failure = cause;
    } finally {
      signal?.removeEventListener("abort", leave);
      leave();
    }
    if (signal?.aborted) return;
    if (isFinal || failures >= attempts) throw failure;
    failures += 1;
    await pause(reconnectDelayMs(failures, Math.random()), signal);
  }
}

/** @throws {RangeError} If it is a `Date` that is none. */
function toText(since: Date | string): string {
  return typeof since === "string" ? since : since.toISOString();
}

/** Whether an answer is of this kind, rather than what something between here and the server says. */
function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream\b/.test(headers.get("Content-Type") ?? "");
}

/** The messages of an answer, as far as events have them: comments are left out, and data is on one line. */
async function* readMessages(
  { body }: Response,
  leave: () => void,
): AsyncGenerator<Message, void, void> {
  const reader = (body ?? new Blob().stream()).getReader();
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const { done, value } = await unlessSilent(reader.read(), leave);
    if (done) return;
    const messages = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    text = messages.pop() ?? "";
    yield* messages.map((message) => ({ id: field(message, "id"), data: field(message, "data") }));
  }
}

function field(message: string, name: string): string | undefined {
  return new RegExp(`^${name}: ?(.*)$`, "m").exec(message)?.[1];
}

/** Gives a connection up where the server is silent for too long. */
async function unlessSilent<Value>(value: Promise<Value>, leave: () => void): Promise<Value> {
  const timer = setTimeout(leave, LONGEST_SILENCE_MS);
  try {
    return await value;
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
