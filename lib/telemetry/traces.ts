/**
 * Traces, for OpenTelemetry as Deno has it built in: `OTEL_DENO=true` switches them on.
 *
 * Spans are written when their work is done, out of times that are measured anyway, so that nothing is carried through
 * the program for them. Deno writes those of the requests, with their whole address; secrets in it are hidden here.
 *
 * @module
 */

import {
  type Attributes,
  type AttributeValue,
  context,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { StageTimings } from "../protocol/result.ts";

const tracer = trace.getTracer("livesyte");
const isOn = ["1", "true"].includes(Deno.env.get("OTEL_DENO") ?? "");

/** Query parameters that nobody else is to know. */
const SECRETS = ["token", "stream_key"];

hideSecrets();

/**
 * Keeps secrets out of what Deno notes of requests.
 *
 * Deno has no hook for that, sets the attributes before the application sees the request, and only ever adds to them; but
 * its spans are of one class, whose method can be wrapped.
 */
function hideSecrets(): void {
  const spans: Span = Object.getPrototypeOf(tracer.startSpan("unused"));
  const { setAttribute } = spans;
  spans.setAttribute = function (key, value) {
    return setAttribute.call(this, key, withoutSecrets(key, value));
  };
}

/** The value of an attribute with `?token=` and the like made unreadable, however they are written. */
function withoutSecrets(key: string, value: AttributeValue): AttributeValue {
  if (key === "url.query") {
    const query = new URLSearchParams(String(value));
    return hideIn(query) ? query.toString() : value;
  }
  const url = key === "url.full" ? URL.parse(String(value)) : null;
  return url !== null && hideIn(url.searchParams) ? url.href : value;
}

function hideIn(query: URLSearchParams): boolean {
  const found = SECRETS.filter((name) => query.has(name));
  for (const name of found) query.set(name, "hidden");
  return found.length > 0;
}

/** Milliseconds since the epoch, as finely as the clock tells. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function writeSpan(
  name: string,
  { start, end, attributes = {}, parent }: {
    start: number;
    end: number;
    attributes?: Attributes;
    parent?: Span;
  },
): Span {
  const around = parent === undefined ? context.active() : trace.setSpan(context.active(), parent);
  const span = tracer.startSpan(name, { startTime: new Date(start), attributes }, around);
  span.end(new Date(end));
  return span;
}

/**
 * Writes the span of a frame that has just been answered, with one for each of its stages.
 *
 * @param attributes Never recognised text; a session's id is fine here
 */
export function traceFrame(timings: StageTimings, attributes: Attributes): void {
  if (!isOn) return;
  const end = now();
  const start = end - timings.total;
  const frame = writeSpan("frame", { start, end, attributes });
  let from = start + timings.wait;
  for (const stage of ["decode", "detect"] as const) {
    if (timings[stage] === 0) continue;
    writeSpan(stage, { start: from, end: from + timings[stage], parent: frame });
    from += timings[stage];
  }
  // Text is read beside the frames of a stream, so its span ends with the frame that brings it.
  if (timings.ocr > 0) writeSpan("ocr", { start: end - timings.ocr, end, parent: frame });
}

/**
 * Writes the span of a video job that has just ended.
 *
 * @param startedAt When its first frame was looked at, in milliseconds since the epoch
 */
export function traceJob(startedAt: number, attributes: Attributes): void {
  if (isOn) writeSpan("job", { start: startedAt, end: now(), attributes });
}

/** Calls a function within a span, which says so if the function throws. */
export function withSpan<T>(name: string, fn: () => T): T {
  if (!isOn) return fn();
  return tracer.startActiveSpan(name, (span) => {
    try {
      return fn();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
