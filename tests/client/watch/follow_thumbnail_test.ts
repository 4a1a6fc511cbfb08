import { expect } from "expect";
import { followThumbnail } from "../../../lib/client/watch/follow_thumbnail.ts";
import { type VirtualClock, withVirtualTime } from "../../virtual_time.ts";

/** Runs a test with a thumbnail under a fake clock. */
async function withThumbnail(
  test: (
    stream: { frameIndex: number; load: () => Promise<Blob | null> },
    seen: { asked: number; shown: number },
    clock: VirtualClock,
    end: () => void,
  ) => Promise<void>,
): Promise<void> {
  const stream = { frameIndex: 1, load: () => Promise.resolve<Blob | null>(new Blob()) };
  const seen = { asked: 0, shown: 0 };
  await withVirtualTime(async (clock) => {
    const end = followThumbnail({
      frameIndex: () => stream.frameIndex,
      load: () => {
        seen.asked += 1;
        return stream.load();
      },
      show: () => seen.shown += 1,
    });
    try {
      await clock.tickAsync(0);
      await test(stream, seen, clock, end);
    } finally {
      end();
    }
  });
}

Deno.test("a thumbnail is renewed every few seconds, while there are newer frames", async () => {
  await withThumbnail(async (stream, seen, clock, end) => {
    expect(seen).toEqual({ asked: 1, shown: 1 });
    await clock.tickAsync(20_000);
    expect(seen).toEqual({ asked: 1, shown: 1 });
    stream.frameIndex = 2;
    await clock.tickAsync(4000);
    expect(seen).toEqual({ asked: 2, shown: 2 });
    end();
    stream.frameIndex = 3;
    await clock.tickAsync(20_000);
    expect(seen).toEqual({ asked: 2, shown: 2 });
    expect(clock.countTimers()).toBe(0);
  });
});

Deno.test("a thumbnail that fails, or is not there, is asked for again", async () => {
  await withThumbnail(async (stream, seen, clock) => {
    stream.frameIndex = 2;
    stream.load = () => Promise.reject(new TypeError("offline"));
    await clock.tickAsync(4000);
    stream.load = () => Promise.resolve(null);
    await clock.tickAsync(4000);
    expect(seen).toEqual({ asked: 3, shown: 1 });
    stream.load = () => Promise.resolve(new Blob());
    await clock.tickAsync(4000);
    expect(seen).toEqual({ asked: 4, shown: 2 });
  });
});

Deno.test("a thumbnail that takes long is asked for once, and not shown to those who have gone", async () => {
  await withThumbnail(async (stream, seen, clock, end) => {
    const { promise, resolve } = Promise.withResolvers<Blob>();
    stream.frameIndex = 2;
    stream.load = () => promise;
    await clock.tickAsync(20_000);
    expect(seen).toEqual({ asked: 2, shown: 1 });
    end();
    resolve(new Blob());
    await clock.tickAsync(0);
    expect(seen.shown).toBe(1);
  });
});
