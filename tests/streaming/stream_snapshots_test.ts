import { expect } from "expect";
import { Audience } from "../../lib/streaming/audience.ts";
import { nextFrame } from "../../lib/streaming/next_frame.ts";
import { SessionRegistry } from "../../lib/streaming/session_registry.ts";
import { StreamSnapshots } from "../../lib/streaming/stream_snapshots.ts";
import { SimulatedStream } from "./simulated_stream.ts";
import { withVirtualTime } from "../virtual_time.ts";

const FRAME = new Uint8Array([1, 2, 3]);

/** The next frame of an audience's stream. */
function frameFor(audience: Audience, timeoutMs: number) {
  return nextFrame((viewer) => {
    audience.add(viewer, true);
    return () => audience.delete(viewer);
  }, timeoutMs);
}

Deno.test("nextFrame takes one frame and leaves", async () => {
  const audience = new Audience();
  const frame = frameFor(audience, 1000);
  expect(audience.wantsFrames).toBe(true);
  // An answer without its frame, such as a drop.
  audience.send("{}");
  audience.send("{}", FRAME);
  audience.send("{}", new Uint8Array([4]));
  expect(await frame).toBe(FRAME);
  expect(audience.wantsFrames).toBe(false);
});

Deno.test("nextFrame waits no longer than it is told, and not for a stream that ends or is not there", () =>
  withVirtualTime(async (clock) => {
    const audience = new Audience();
    const late = frameFor(audience, 1000);
    await clock.tickAsync(999);
    expect(audience.wantsFrames).toBe(true);
    await clock.tickAsync(1);
    expect(await late).toBe(undefined);
    expect(audience.wantsFrames).toBe(false);
    const ended = frameFor(audience, 1000);
    audience.close();
    expect(await ended).toBe(undefined);
    expect(await nextFrame(() => undefined, 1000)).toBe(undefined);
    expect(clock.countTimers()).toBe(0);
  }));

/** Snapshots of streams that give a frame as soon as it is asked for; what is asked is kept. */
function createSnapshots() {
  const asked: string[] = [];
  const shrinking = { now: 0, most: 0 };
  const registry = new SessionRegistry({ idleTimeoutMs: 0, maxSessionMs: 0 });
  const nextFrame = (sessionId: string) => {
    asked.push(sessionId);
    return Promise.resolve(sessionId === "silent" ? undefined : FRAME);
  };
  const snapshots = new StreamSnapshots({ registry, nextFrame }, async (jpeg) => {
    shrinking.most = Math.max(shrinking.most, ++shrinking.now);
    await new Promise((resolve) => setTimeout(resolve, 10));
    shrinking.now -= 1;
    return jpeg.slice(1);
  });
  return { snapshots, registry, asked, shrinking };
}

Deno.test("StreamSnapshots makes one image a second of a stream, however many ask", () =>
  withVirtualTime(async (clock) => {
    const { snapshots, asked } = createSnapshots();
    const first = [snapshots.get("a"), snapshots.get("a")];
    await clock.tickAsync(10);
    expect(await Promise.all(first)).toEqual([FRAME.slice(1), FRAME.slice(1)]);
    await clock.tickAsync(999);
    snapshots.get("a");
    expect(asked).toEqual(["a"]);
    await clock.tickAsync(1);
    snapshots.get("a");
    expect(asked).toEqual(["a", "a"]);
    await clock.tickAsync(100);
  }));

Deno.test("StreamSnapshots forgets the image of a stream that has ended", () =>
  withVirtualTime(async (clock) => {
    const { snapshots, registry, asked } = createSnapshots();
    const { session, stream } = new SimulatedStream(() => 1);
    registry.set(stream);
    const first = snapshots.get(session.sessionId);
    await clock.tickAsync(10);
    await first;
    registry.delete(session.sessionId);
    snapshots.get(session.sessionId);
    expect(asked.length).toBe(2);
    await clock.tickAsync(100);
  }));

Deno.test("StreamSnapshots shrinks one image at a time, and none of a stream that gives no frame", () =>
  withVirtualTime(async (clock) => {
    const { snapshots, shrinking } = createSnapshots();
    const all = Promise.all(["a", "b", "silent", "c"].map((id) => snapshots.get(id)));
    await clock.tickAsync(100);
    const image = FRAME.slice(1);
    expect(await all).toEqual([image, image, undefined, image]);
    expect(shrinking.most).toBe(1);
  }));

Deno.test("StreamSnapshots goes on after an image that cannot be made", async () => {
  let fails = true;
  const registry = new SessionRegistry({ idleTimeoutMs: 0, maxSessionMs: 0 });
  const nextFrame = () => Promise.resolve(FRAME);
  const snapshots = new StreamSnapshots(
    { registry, nextFrame },
    () => fails ? Promise.reject(new Error("no image")) : Promise.resolve(FRAME),
  );
  await expect(snapshots.get("a")).rejects.toThrow("no image");
  fails = false;
  expect(await snapshots.get("b")).toBe(FRAME);
});
