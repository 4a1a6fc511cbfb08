import { expect } from "expect";
import FakeTimers from "@sinonjs/fake-timers";
import type { TextBlock } from "../../lib/protocol/stream_messages.ts";
import { StreamText } from "../../lib/pipeline/stream_text.ts";

const FRAME = new Uint8Array([1, 2, 3]);

/** A reader that takes `readingMs`, under virtual time; it notes which frames it got. */
async function withReader(
  { readingMs = 100, intervalMs = 500, fails = false },
  test: (text: StreamText, clock: FakeTimers.Clock, read: string[]) => Promise<void>,
): Promise<void> {
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const read: string[] = [];
  const text = new StreamText(async (picture, sessionId) => {
    read.push(`${sessionId}${picture[0]}`);
    await new Promise((resolve) => setTimeout(resolve, readingMs));
    if (fails) throw new Error("on purpose");
    const textBlocks = [{ text: `read ${picture[0]}` }] as TextBlock[];
    return { image: { width: 1, height: 1 }, textBlocks, stages: { decode: 1, ocr: readingMs } };
  }, intervalMs);
  try {
    await test(text, clock, read);
  } finally {
    clock.uninstall();
  }
}

Deno.test("StreamText has no text before the first reading, then tells which frame it is from", async () => {
  await withReader({}, async (text, clock) => {
    text.offer("a", 7, FRAME);
    expect(text.take("a")).toEqual({ textBlocks: [], frameIndex: null, ocrMs: 0 });
    await clock.tickAsync(100);
    expect(text.take("a")).toEqual({
      textBlocks: [{ text: "read 1" }],
      frameIndex: 7,
      ocrMs: 100,
    });
    // The time of a reading is told once, so that it is not counted with every frame.
    expect(text.take("a").ocrMs).toBe(0);
  });
});

Deno.test("StreamText reads a stream no more often than its interval, and then the newest frame", async () => {
  await withReader({}, async (text, clock, read) => {
    for (let frame = 1; frame <= 24; frame += 1) {
      text.offer("a", frame, Uint8Array.of(frame));
      await clock.tickAsync(50);
    }
    expect(read).toEqual(["a1", "a11", "a21"]);
  });
});

Deno.test("StreamText lets streams take turns when the reader is the bottleneck", async () => {
  await withReader({ readingMs: 1000, intervalMs: 0 }, async (text, clock, read) => {
    for (let frame = 1; frame <= 60; frame += 1) {
      for (const session of ["a", "b", "c"]) text.offer(session, frame, Uint8Array.of(frame));
      await clock.tickAsync(100);
    }
    expect(read).toEqual(["a1", "b10", "c20", "a30", "b40", "c50", "a60"]);
  });
});

Deno.test("StreamText keeps a copy, since the frame's memory goes elsewhere", async () => {
  await withReader({}, async (text, clock) => {
    const frame = Uint8Array.of(9);
    text.offer("a", 1, frame);
    structuredClone(frame, { transfer: [frame.buffer] });
    await clock.tickAsync(100);
    expect(text.take("a").textBlocks).toEqual([{ text: "read 9" }]);
  });
});

Deno.test("StreamText begins to read a frame when its detection is over", async () => {
  await withReader({}, async (text, clock, read) => {
    text.offer("a", 1, FRAME, new Promise((resolve) => setTimeout(resolve, 30)));
    await clock.tickAsync(29);
    expect(read).toEqual([]);
    await clock.tickAsync(1);
    expect(read).toEqual(["a1"]);
  });
});

Deno.test("StreamText goes on after a reading that failed, and forgets streams that have ended", async () => {
  await withReader({ fails: true }, async (text, clock, read) => {
    text.offer("a", 1, FRAME);
    await clock.tickAsync(600);
    text.offer("a", 2, FRAME);
    await clock.tickAsync(600);
    expect(read).toHaveLength(2);
    expect(text.take("a").frameIndex).toBeNull();
    text.endSession("a");
    expect(text.take("a")).toEqual({ textBlocks: [], frameIndex: null, ocrMs: 0 });
  });
});
