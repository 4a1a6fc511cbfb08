import { expect } from "expect";
import { InvalidFrameError } from "../../lib/streaming/frame_processor.ts";
import { metricsRegistry } from "../../lib/telemetry/metrics.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { passUntilDone, withVirtualTime } from "../virtual_time.ts";
import { type FakeCameras, fakeCameras, FakeSourceError } from "./fake_source.ts";

/** Runs a test of cameras under virtual time. */
async function withCameras(
  test: (cameras: FakeCameras, clock: { tickAsync(ms: number): Promise<number> }) => Promise<void>,
  processor?: Parameters<typeof fakeCameras>[0],
): Promise<void> {
  await withVirtualTime(async (clock) => {
    const cameras = await fakeCameras(processor);
    try {
      await test(cameras, clock);
    } finally {
      await passUntilDone(clock, cameras[Symbol.asyncDispose]());
    }
  });
}

/** Somebody who watches over a WebSocket. */
class Watcher {
  readonly bufferedAmount = 0;
  readonly states: string[] = [];
  readonly messages: { state?: string; frame_index?: number }[] = [];
  frames = 0;
  closedWith: string | undefined;

  constructor(cameras: FakeCameras) {
    const { stream } = cameras.service.get("door");
    stream.audience.add(this, true);
    stream.session.incrementClients();
  }

  send(data: string | Uint8Array): void {
    if (typeof data !== "string") {
      this.frames += 1;
      return;
    }
    const message = JSON.parse(data);
    this.messages.push(message);
    if (message.state !== undefined) this.states.push(message.state);
  }

  close(_code: number, reason: string): void {
    this.closedWith = reason;
  }
}

async function metricLines(): Promise<string[]> {
  return (await metricsRegistry.metrics()).split("\n").filter((line) => line.startsWith("camera_"));
}

Deno.test("a camera starts for its first client, and goes off a while after the last", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add();
    await clock.tickAsync(60_000);
    expect(cameras.sources.opened).toHaveLength(0);
    expect(cameras.door).toMatchObject({ state: "idle", session_id: null, width: null });
    const leave = cameras.service.get("door").join();
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "starting", client_count: 1 });
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "active", width: 16, height: 16, error_count: 0 });
    expect(cameras.streams.registry.toJSON().sessions).toMatchObject([
      { camera_id: "door", name: "Door", session_id: cameras.door.session_id, frame_index: 1 },
    ]);
    leave();
    leave();
    await clock.tickAsync(29_000);
    expect(cameras.door).toMatchObject({ state: "active", client_count: 0 });
    // Somebody comes back in time.
    const leaveAgain = cameras.service.get("door").join();
    await clock.tickAsync(5000);
    leaveAgain();
    await clock.tickAsync(29_000);
    expect(cameras.door.state).toBe("active");
    await clock.tickAsync(2000);
    expect(cameras.door).toMatchObject({ state: "idle", session_id: null });
    expect(cameras.sources.openCount).toBe(0);
    expect(cameras.streams.registry.size).toBe(0);
    expect(cameras.service.get("door").frames.newest).toBeUndefined();
  });
});

Deno.test("a camera that is always on needs no clients, and one that is forced obeys until it is changed", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    await clock.tickAsync(60_000);
    expect(cameras.door.state).toBe("starting");
    cameras.service.force("door", "off");
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "idle", forced: "off" });
    const leave = cameras.service.get("door").join();
    await clock.tickAsync(60_000);
    expect(cameras.door.state).toBe("idle");
    cameras.service.change("door", { always: false });
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "starting", forced: null });
    leave();
    cameras.service.force("door", "on");
    await clock.tickAsync(120_000);
    expect(cameras.door.state).toBe("starting");
    cameras.service.force("door", "off");
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "idle", error_count: 0, restarts: 0 });
  });
});

Deno.test("a camera that was kept on or off runs for those who look again, once that is taken back", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({});
    cameras.service.force("door", "on");
    await clock.tickAsync(60_000);
    expect(cameras.door).toMatchObject({ state: "starting", forced: "on" });
    expect((await cameras.service.force("door", undefined)).forced).toBe(null);
    await clock.tickAsync(31_000);
    expect(cameras.door.state).toBe("idle");
    cameras.service.force("door", "off");
    const leave = cameras.service.get("door").join();
    await clock.tickAsync(1000);
    expect(cameras.door.state).toBe("idle");
    cameras.service.force("door", undefined);
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "starting", forced: null });
    leave();
    await clock.tickAsync(31_000);
    expect(cameras.door.state).toBe("idle");
  });
});

Deno.test("a camera that fails is tried again after 1, 2, 4 … 60 s, as long as somebody wants it", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add();
    const refusal = new FakeSourceError(
      "unauthorized",
      "The source does not accept the user and password",
    );
    cameras.sources.refusal = refusal;
    const watcher = new Watcher(cameras);
    let restarts = 0;
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      await clock.tickAsync(10);
      expect(cameras.door).toMatchObject({
        state: "failed",
        restarts,
        error_count: restarts + 1,
        last_error: { code: "unauthorized", detail: refusal.message },
      });
      const left = Date.parse(cameras.door.retry_at ?? "") - Date.now();
      expect(Math.round(left / 1000)).toBe(seconds);
      await clock.tickAsync(seconds * 1000 - 20);
      expect(cameras.door.restarts).toBe(restarts);
      await clock.tickAsync(10);
      restarts += 1;
    }
    cameras.sources.refusal = undefined;
    await clock.tickAsync(60_000);
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "active", retry_at: null });
    // The viewer has seen it all over one connection.
    expect(watcher.closedWith).toBeUndefined();
    expect(watcher.states.slice(0, 4)).toEqual(["starting", "failed", "starting", "failed"]);
    expect(watcher.states.at(-1)).toBe("active");
    expect(watcher.messages).toContainEqual({
      state: "failed",
      last_error: { code: "unauthorized", detail: refusal.message },
      retry_at: expect.any(String),
    });
    expect(watcher.messages.at(-1)).toMatchObject({ frame_index: 1 });
  });
});

Deno.test("the wait begins anew after a camera has been active for a while", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    const waits: number[] = [];
    for (const activeMs of [100, 100, 100, 11_000, 100]) {
      await clock.tickAsync(10);
      cameras.sources.newest.give();
      await clock.tickAsync(activeMs);
      expect(cameras.door.uptime_s * 1000).toBeGreaterThanOrEqual(activeMs - 20);
      cameras.sources.newest.fail("ended", "The source has ended");
      await clock.tickAsync(0);
      waits.push(Math.round((Date.parse(cameras.door.retry_at ?? "") - Date.now()) / 1000));
      await clock.tickAsync(1000 * (waits.at(-1) ?? 0));
    }
    expect(waits).toEqual([1, 2, 4, 1, 2]);
    expect(cameras.door).toMatchObject({ restarts: 5, error_count: 5 });
  });
});

Deno.test("a failed camera that nobody wants any more is idle after the grace", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add();
    cameras.sources.refusal = new FakeSourceError("unreachable", "Nothing listens");
    const leave = cameras.service.get("door").join();
    await clock.tickAsync(5000);
    leave();
    await clock.tickAsync(31_000);
    const { restarts } = cameras.door;
    expect(cameras.door).toMatchObject({ state: "idle", retry_at: null });
    await clock.tickAsync(300_000);
    expect(cameras.door.restarts).toBe(restarts);
  });
});

Deno.test("a frame that cannot be looked at makes a camera fail and start again, not end", async () => {
  let fails: Error | undefined;
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    const watcher = new Watcher(cameras);
    await clock.tickAsync(10);
    for (const error of [new Error("worker lost"), new InvalidFrameError("broken")]) {
      fails = error;
      // Single images may be damaged.
      for (let ms = 0; ms <= (error instanceof InvalidFrameError ? 10_000 : 0); ms += 1000) {
        expect(cameras.door.state).not.toBe("failed");
        cameras.sources.newest.give();
        await clock.tickAsync(1000);
      }
      fails = undefined;
      cameras.sources.newest.give();
      await clock.tickAsync(10);
      expect(cameras.door).toMatchObject({
        state: "failed",
        last_error: {
          code: error instanceof InvalidFrameError ? "invalid_frame" : "pipeline_failure",
        },
      });
      await clock.tickAsync(2000);
      cameras.sources.newest.give();
      await clock.tickAsync(10);
      expect(cameras.door.state).toBe("active");
    }
    expect(watcher.closedWith).toBeUndefined();
  }, {
    isValidPipeline: () => true,
    runOnFrame: () => fails === undefined ? Promise.resolve(RESULT) : Promise.reject(fails),
  });
});

Deno.test("damaged images among others are left out", async () => {
  let count = 0;
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    const watcher = new Watcher(cameras);
    await clock.tickAsync(10);
    for (let frame = 0; frame < 40; frame++) {
      cameras.sources.newest.give();
      await clock.tickAsync(1000);
    }
    expect(watcher.frames).toBe(20);
    expect(cameras.door).toMatchObject({ state: "active", error_count: 0, restarts: 0 });
  }, {
    isValidPipeline: () => true,
    runOnFrame: () =>
      ++count % 2 === 0 ? Promise.resolve(RESULT) : Promise.reject(new InvalidFrameError("broken")),
  });
});

Deno.test("a change of address, rate or pipeline opens the source anew, and no other does", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    const watcher = new Watcher(cameras);
    await clock.tickAsync(10);
    cameras.service.change("door", { name: "Back door" });
    await clock.tickAsync(10);
    expect(cameras.sources.opened).toHaveLength(1);
    cameras.service.change("door", { url: "rtsp://10.0.0.8/live" });
    await clock.tickAsync(10);
    cameras.service.change("door", { fps: 5 });
    await clock.tickAsync(10);
    expect(cameras.sources.opened.map(({ url }) => url)).toEqual([
      "rtsp://admin:secret@10.0.0.7/live",
      "rtsp://10.0.0.8/live",
      "rtsp://10.0.0.8/live",
    ]);
    expect(cameras.sources.openCount).toBe(1);
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    expect(cameras.door).toMatchObject({ state: "active", name: "Back door", error_count: 0 });
    expect(watcher.frames).toBe(1);
    expect(watcher.closedWith).toBeUndefined();
  });
});

Deno.test("a removed camera closes its viewers, and leaves nothing in the metrics", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add();
    const watcher = new Watcher(cameras);
    await clock.tickAsync(10);
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    expect(await metricLines()).toEqual([
      'camera_state{camera="door",state="active"} 1',
      'camera_frames_total{camera="door"} 1',
      'camera_restarts_total{camera="door"} 0',
      'camera_clients{camera="door"} 1',
    ]);
    const removed = cameras.service.remove("door");
    await clock.tickAsync(10);
    await removed;
    expect(watcher.closedWith).toBe("stream_ended");
    expect(cameras.sources.openCount).toBe(0);
    expect(await metricLines()).toEqual([]);
  });
});

Deno.test("cameras do not count as sessions, and do not time out", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    await clock.tickAsync(10);
    cameras.sources.newest.give();
    // Longer than a client may be silent.
    await clock.tickAsync(40_000);
    expect(cameras.door.state).toBe("active");
    expect(cameras.streams.registry.size).toBe(1);
    expect(cameras.streams.registry.clientStreams).toBe(0);
  });
});

Deno.test("a frame is drawn into once, however many want it", async () => {
  await withCameras(async (cameras, clock) => {
    cameras.add({ always: true });
    await clock.tickAsync(10);
    cameras.sources.newest.give();
    await clock.tickAsync(10);
    const frame = cameras.service.get("door").frames.newest;
    expect(cameras.drawings).toBe(0);
    await Promise.all(Array.from({ length: 10 }, () => frame?.drawn()));
    expect(cameras.drawings).toBe(1);
  });
});
