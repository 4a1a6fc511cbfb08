import { expect } from "expect";
import { InvalidFrameError } from "../../lib/streaming/frame_processor.ts";
import { MINIMAL_FRAME, SimulatedStream } from "./simulated_stream.ts";
import { withVirtualTime } from "../virtual_time.ts";

Deno.test("a stream answers a frame with its index and result", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 20);
    simulated.arrive();
    await clock.tickAsync(20);
    expect(simulated.transport.sent).toMatchObject([{
      frame_index: 1,
      result: { detections: [] },
    }]);
  });
});

Deno.test("a stream keeps only the newest waiting frame and answers the one it replaces at once", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 100);
    for (let frame = 0; frame < 3; frame += 1) simulated.arrive();
    expect(simulated.transport.sent).toEqual([{ frame_index: 2, dropped: true }]);
    await clock.tickAsync(200);
    expect(simulated.answered("result")).toEqual([1, 3]);
  });
});

Deno.test("a stream tells the pipeline when a frame arrived, however long it waited", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 300);
    const start = performance.now();
    for (let frame = 0; frame < 10; frame++) {
      simulated.arrive();
      await clock.tickAsync(100);
    }
    await clock.tickAsync(1000);
    // The last frame of each three waits until the one before it is answered.
    expect(simulated.arrivals.map((time) => time - start)).toEqual(
      simulated.answered("result").map((index) => (index - 1) * 100),
    );
    expect(simulated.arrivals.length).toBeGreaterThan(2);
  });
});

Deno.test("a stream ends at a text message, and gives it no index", async () => {
  await withVirtualTime((_clock) => {
    const simulated = new SimulatedStream(() => 20);
    simulated.stream.receive("hello");
    expect(simulated.transport.sent).toEqual([
      { error: "invalid_message", detail: "Expected binary frame payload" },
    ]);
    expect(simulated.transport.closedWith).toEqual({ code: 1003, reason: "invalid_message" });
    expect(simulated.session.frameIndex).toBe(0);
    return Promise.resolve();
  });
});

Deno.test("a stream sends nothing after it has ended, not even the frame in flight", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 50);
    simulated.arrive();
    simulated.arrive(new Uint8Array());
    await clock.tickAsync(1000);
    expect(simulated.transport.sent).toEqual([{
      error: "invalid_frame",
      detail: "Frame is empty",
    }]);
    expect(simulated.transport.closedWith).toEqual({ code: 1007, reason: "invalid_frame" });
  });
});

Deno.test("a stream tells a frame that cannot be decoded from a pipeline that fails", async () => {
  const endings = [
    { error: new InvalidFrameError("secret"), code: "invalid_frame", close: 1007 },
    { error: new Error("secret"), code: "pipeline_failure", close: 1011 },
  ];
  for (const { error, code, close } of endings) {
    await withVirtualTime(async (clock) => {
      const simulated = new SimulatedStream(() => {
        throw error;
      });
      simulated.arrive();
      await clock.tickAsync(1);
      expect(simulated.transport.sent).toHaveLength(1);
      expect(simulated.transport.sent[0]).toMatchObject({ error: code });
      expect(JSON.stringify(simulated.transport.sent)).not.toContain("secret");
      expect(simulated.transport.closedWith).toEqual({ code: close, reason: code });
    });
  }
});

Deno.test("a stopped stream answers the frame in flight, drops the waiting one and refuses new ones", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 100);
    simulated.arrive();
    simulated.arrive();
    const stopped = simulated.stream.stop(5000);
    simulated.arrive();
    await clock.tickAsync(100);
    await stopped;
    expect(simulated.transport.sent).toMatchObject([
      { frame_index: 2, dropped: true },
      { frame_index: 3, dropped: true },
      { frame_index: 1 },
    ]);
    expect(simulated.transport.closedWith).toEqual({ code: 1001, reason: "server_shutdown" });
  });
});

Deno.test("a stopped stream does not wait longer than it may for the frame in flight", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 60_000);
    simulated.arrive();
    const stopped = simulated.stream.stop(5000);
    await clock.tickAsync(4999);
    expect(simulated.transport.closedWith).toBeUndefined();
    await clock.tickAsync(1);
    await stopped;
    expect(simulated.transport.closedWith?.code).toBe(1001);
  });
});

Deno.test("a stream ends when its client does not read", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 10);
    simulated.transport.bufferedAmount = 1_048_577;
    simulated.arrive();
    await clock.tickAsync(10);
    expect(simulated.transport.sent).toEqual([]);
    expect(simulated.transport.closedWith?.code).toBe(1008);
  });
});

Deno.test("a stream drops frames that the memory budget has no room for, and gives its share back", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 100, { budget: MINIMAL_FRAME.length });
    simulated.arrive();
    simulated.arrive();
    expect(simulated.transport.sent).toEqual([{ frame_index: 2, dropped: true }]);
    await clock.tickAsync(100);
    expect(simulated.budget.held).toBe(0);
    simulated.arrive();
    await clock.tickAsync(100);
    expect(simulated.answered("result")).toEqual([1, 3]);
  });
});

Deno.test("a stream gives back its memory however it ends", async () => {
  const endings: ((simulated: SimulatedStream) => void)[] = [
    ({ stream }) => stream.receive("text"),
    ({ stream }) => stream.disconnected(),
    ({ stream }) => void stream.stop(10),
  ];
  for (const end of endings) {
    await withVirtualTime(async (clock) => {
      const simulated = new SimulatedStream(() => 100);
      for (let frame = 0; frame < 3; frame += 1) simulated.arrive();
      expect(simulated.budget.held).toBe(2 * MINIMAL_FRAME.length);
      end(simulated);
      await clock.tickAsync(200);
      expect(simulated.budget.held).toBe(0);
    });
  }
});

Deno.test("a stream uses a smaller detector input while it cannot keep up", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(() => 200);
    for (let frame = 0; frame < 100; frame += 1) {
      simulated.arrive();
      await clock.tickAsync(50);
    }
    const levels = simulated.transport.sent.flatMap((message) =>
      "result" in message ? [message.result.quality?.level] : []
    );
    expect(levels[0]).toBe(0);
    expect(levels.at(-1)).toBe(2);
  });
});
