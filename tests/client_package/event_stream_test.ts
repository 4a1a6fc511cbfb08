import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "expect";
import {
  type EventStreamOptions,
  followEvents,
  type OpenEvents,
} from "../../client/event_stream.ts";
import { LivesyteError } from "../../client/livesyte_error.ts";
import { liveEvent } from "../events/moments.ts";

const HEADERS = { "Content-Type": "text/event-stream" };
const [FIRST, SECOND, THIRD] = [1, 2, 3].map((track_id) => liveEvent({ track_id }));

/** An answer that stays open after some text, unless it `ends`; it breaks when its request is given up. */
function answer(parts: string[], signal: AbortSignal, ends = true): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      if (ends) controller.close();
      else signal.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
  return new Response(body, { headers: HEADERS });
}

function message(id: number, event: unknown): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** What a client asks for, and gets: one answer after the other, the last one for ever; time passes at once. */
async function follow(
  answers: ((signal: AbortSignal) => Response | Promise<Response>)[],
  options: EventStreamOptions = {},
  most = Infinity,
) {
  const asked: { query: unknown; lastId: string | undefined; signal: AbortSignal }[] = [];
  const open: OpenEvents = async (query, { headers, signal }) => {
    asked.push({ query, lastId: headers["Last-Event-ID"], signal });
    const next = answers[Math.min(asked.length, answers.length) - 1];
    if (next === undefined) throw new Error("There is no answer");
    return await next(signal);
  };
  const clock = FakeTimers.install({ shouldAdvanceTime: false });
  const tracks: (number | null)[] = [];
  let error: unknown;
  const reading = (async () => {
    for await (const { track_id } of followEvents(open, { attempts: 5, ...options })) {
      tracks.push(track_id);
      if (tracks.length >= most) break;
    }
  })().catch((cause) => error = cause);
  let isOver = false;
  reading.finally(() => isOver = true);
  for (let second = 0; !isOver && second < 1000; second++) await clock.tickAsync(1000);
  clock.uninstall();
  expect(isOver).toBe(true);
  return { asked, tracks, error };
}

Deno.test("events come one by one, however they are cut into parts, and leaving the loop ends the connection", async () => {
  const text = `retry: 3000\nid: 0\n\n:\n\n${message(1, FIRST)}${message(2, SECOND)}`;
  const bytes = Array.from(text);
  const { asked, tracks } = await follow([(signal) => answer(bytes, signal, false)], {}, 2);
  expect(tracks).toEqual([1, 2]);
  expect(asked).toMatchObject([{ query: {}, lastId: undefined }]);
  expect(asked[0]?.signal.aborted).toBe(true);
});

Deno.test("a lost connection is opened again after the last event, also where none has come", async () => {
  const { asked, tracks } = await follow(
    [
      () => Promise.reject(new LivesyteError("unreachable", "Cannot reach the server")),
      (signal) => answer(["retry: 3000\nid: 7\n\n"], signal),
      () => new Response("<html>", { status: 502 }),
      (signal) => answer([message(8, FIRST), message(9, SECOND).slice(0, 20)], signal),
      (signal) => answer([message(9, SECOND), message(10, THIRD)], signal, false),
    ],
    { since: new Date("2026-11-26T12:00:00Z") },
    3,
  );
  expect(tracks).toEqual([1, 2, 3]);
  expect(asked.map(({ lastId }) => lastId)).toEqual([undefined, undefined, "7", "7", "8"]);
  expect(asked[0]?.query).toEqual({ since: "2026-11-26T12:00:00.000Z" });
});

Deno.test("a server that is silent for 45 s has gone, and one that sends comments has not", async () => {
  const beating = () => {
    const beats = new ReadableStream<Uint8Array>({
      start(controller) {
        let count = 0;
        const timer = setInterval(() => {
          count += 1;
          const text = count === 10 ? message(1, FIRST) : ":\n\n";
          controller.enqueue(new TextEncoder().encode(text));
          if (count === 10) clearInterval(timer);
        }, 15_000);
      },
    });
    return new Response(beats, { headers: HEADERS });
  };
  const silent = (signal: AbortSignal) => answer([], signal, false);
  const { asked, tracks } = await follow([silent, beating], {}, 1);
  expect([asked.length, tracks]).toEqual([2, [1]]);
});

Deno.test("following fails at once where the server refuses, and when all attempts are used up", async () => {
  const refusal = { error: "unauthorized", detail: "The token is wrong" };
  const refused = await follow([() => Response.json(refusal, { status: 401 })]);
  expect([refused.asked.length, refused.error])
    .toEqual([1, expect.objectContaining({ code: "unauthorized", message: refusal.detail })]);
  const page = await follow([() => new Response("<html>")]);
  expect([page.asked.length, page.error])
    .toEqual([1, expect.objectContaining({ code: "invalid_answer" })]);
  const down = { error: "storage_unavailable", detail: "The disk is away" };
  const lost = await follow([() => Response.json(down, { status: 503 })], { attempts: 2 });
  expect([lost.asked.length, lost.error])
    .toEqual([3, expect.objectContaining({ code: "storage_unavailable" })]);
  const broken = await follow([(signal) => answer([], signal)], { attempts: 0 });
  expect(broken.error).toMatchObject({ name: "LivesyteError", code: "connection_lost" });
});

Deno.test("a signal ends the loop, before, during and between connections", async () => {
  const before = await follow([], { signal: AbortSignal.abort() });
  expect([before.asked.length, before.error]).toEqual([0, undefined]);
  const during = new AbortController();
  const open = (signal: AbortSignal) => {
    setTimeout(() => during.abort(), 5000);
    return answer([message(1, FIRST)], signal, false);
  };
  const ended = await follow([open], { signal: during.signal });
  expect([ended.asked.length, ended.tracks, ended.error]).toEqual([1, [1], undefined]);
  const between = new AbortController();
  const fail = () => {
    setTimeout(() => between.abort(), 100);
    return new Response(null, { status: 503 });
  };
  const given = await follow([fail], { signal: between.signal });
  expect([given.asked.length, given.error]).toEqual([1, undefined]);
});
