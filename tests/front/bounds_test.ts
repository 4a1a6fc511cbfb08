import { expect } from "expect";
import { addressKey } from "../../lib/front/address_key.ts";
import { Deadline } from "../../lib/front/deadline.ts";
import { shareFiles } from "../../lib/front/file_limit.ts";
import { LargeMessages } from "../../lib/front/large_messages.ts";
import { Pace } from "../../lib/front/pace.ts";
import { Quota } from "../../lib/front/quota.ts";
import { TokenBucket } from "../../lib/front/token_bucket.ts";
import { UnfinishedMessages } from "../../lib/front/unfinished_messages.ts";
import { withVirtualTime } from "../virtual_time.ts";

Deno.test("a quota counts each address and all together", () => {
  const quota = new Quota({ total: 3, perAddress: 2 });
  const first = quota.take("a");
  expect(quota.take("a")).toBeDefined();
  expect([quota.look("a"), quota.take("a")]).toEqual(["address", undefined]);
  expect(quota.take("b")).toBeDefined();
  expect([quota.look("c"), quota.take("c")]).toEqual(["total", undefined]);
  first?.();
  // Given back once, however often it is said.
  first?.();
  expect(quota.look("c")).toBe("free");
  expect(quota.take("c")).toBeDefined();
  expect(quota.look("d")).toBe("total");
});

Deno.test("addresses of one client count as one", () => {
  expect(addressKey("192.0.2.7")).toBe("192.0.2.7");
  expect(addressKey("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(addressKey("2001:DB8:1:2::9")).toBe("2001:db8:1:2::/64");
  expect(addressKey("2001:db8::9")).toBe("2001:db8:0:0::/64");
  expect(addressKey("::1")).toBe("0:0:0:0::/64");
  expect(addressKey("2001:db8:1:3::9")).not.toBe(addressKey("2001:db8:1:2::9"));
});

Deno.test("a deadline is the last that was set, and none once it is cleared", () =>
  withVirtualTime((clock) => {
    let expired = 0;
    const deadline = new Deadline(() => expired += 1);
    deadline.set(100);
    clock.tick(60);
    deadline.set(100);
    clock.tick(99);
    expect(expired).toBe(0);
    clock.tick(2);
    expect(expired).toBe(1);
    deadline.set(1000);
    deadline.set(10);
    clock.tick(11);
    expect(expired).toBe(2);
    deadline.set(10);
    deadline.clear();
    clock.tick(5000);
    expect(expired).toBe(2);
    deadline.set(10);
    deadline.dispose();
    clock.tick(5000);
    expect([expired, clock.countTimers()]).toEqual([2, 0]);
  }));

Deno.test("a pace allows so long for so many bytes, and then again", () => {
  const pace = new Pace({ bytes: 100, withinMs: 1000 });
  pace.came(50, 600);
  expect(pace.leftMs).toBe(400);
  pace.came(49, 300);
  expect(pace.leftMs).toBe(100);
  pace.came(1, 50);
  expect(pace.leftMs).toBe(1000);
  pace.came(0, 5000);
  expect(pace.leftMs).toBe(0);
});

Deno.test("a bucket gives what is in it, and then what comes back", () =>
  withVirtualTime((clock) => {
    const bucket = new TokenBucket({ capacity: 20, perSecond: 10 });
    expect([bucket.take(15), bucket.take(10), bucket.take(5), bucket.take(1)])
      .toEqual([true, false, true, false]);
    clock.tick(500);
    expect([bucket.take(5), bucket.take(1)]).toEqual([true, false]);
    clock.tick(60_000);
    expect([bucket.take(20), bucket.take(1)]).toEqual([true, false]);
  }));

Deno.test("when half-sent messages hold too much, the one goes that has held the most for the longest", () => {
  const unfinished = new UnfinishedMessages(1000);
  const gone: string[] = [];
  const sender = (name: string) => ({ overload: () => gone.push(name) });
  const [slowLine, largeFrame, greedy, other] = ["slow", "large", "greedy", "other"].map(sender);
  const ago = (milliseconds: number) => performance.now() - milliseconds;
  unfinished.set(slowLine, { bytes: 20, since: ago(3000) });
  unfinished.set(greedy, { bytes: 300, since: ago(3000) });
  unfinished.set(largeFrame, { bytes: 600, since: ago(10) });
  unfinished.set(other, { bytes: 80, since: ago(1) });
  expect(gone).toEqual([]);
  unfinished.set(other, { bytes: 81, since: ago(1) });
  expect(gone).toEqual(["greedy"]);
  // Its next message does not count beside the one before.
  for (let message = 0; message < 10; message += 1) {
    unfinished.set(largeFrame, { bytes: 600, since: ago(10) });
  }
  unfinished.delete(largeFrame);
  unfinished.set(other, { bytes: 980, since: ago(1) });
  expect(gone).toEqual(["greedy"]);
  unfinished.set(other, { bytes: 981, since: ago(1) });
  expect(gone).toEqual(["greedy", "slow"]);
});

Deno.test("the descriptors of a process suffice for what the door lets in", () => {
  const unset = { maxConnections: undefined, maxConnectionsPerAddress: undefined };
  expect(shareFiles(1_048_576, unset)).toEqual({
    connections: { total: 4096, perAddress: 256 },
    exchanges: { total: 4096, perAddress: 256 },
  });
  for (const files of [64, 200, 1024, 4096, 20_000]) {
    const { connections, exchanges } = shareFiles(files, unset);
    expect(connections.total).toBe(Math.min(4096, files / 2));
    expect(connections.total + 2 * exchanges.total).toBeLessThanOrEqual(0.75 * files);
    expect(connections.perAddress).toBeLessThanOrEqual(connections.total / 2);
    expect(exchanges.perAddress).toBeLessThanOrEqual(Math.ceil(exchanges.total / 2));
  }
  expect(shareFiles(1024, { maxConnections: 5000, maxConnectionsPerAddress: 4000 })).toEqual({
    connections: { total: 5000, perAddress: 4000 },
    exchanges: { total: 128, perAddress: 4000 },
  });
});

Deno.test("large messages come so many at a time, in turn, and one that takes long has to go", () =>
  withVirtualTime(async (clock) => {
    const large = new LargeMessages(2, 1000);
    const log: string[] = [];
    const sender = (name: string) => ({
      overload() {
        log.push(`${name} overloads`);
      },
    });
    const [a, b, c, d] = ["a", "b", "c", "d"].map(sender);
    const enter = (name: string, who: typeof a) => large.wait(who).then(() => log.push(name));
    enter("a", a);
    await clock.tickAsync(500);
    enter("b", b);
    enter("c", c);
    enter("d", d);
    await clock.tickAsync(499);
    expect(log).toEqual(["a", "b"]);
    await clock.tickAsync(2);
    expect([log.splice(0), large.has(a), large.has(c)])
      .toEqual([["a", "b", "a overloads", "c"], false, true]);
    large.delete(b);
    await clock.tickAsync(0);
    expect([log.splice(0), large.has(d)]).toEqual([["d"], true]);
    // Nobody waits any more, so nobody has to go.
    await clock.tickAsync(10_000);
    expect([log, clock.countTimers()]).toEqual([[], 0]);
    // Who gives up waits no more, and has no turn.
    enter("a", a);
    large.delete(a);
    await clock.tickAsync(10);
    expect([log.splice(0), large.has(a)]).toEqual([["a"], false]);
    enter("a", a);
    await clock.tickAsync(10);
    expect([log, large.has(a)]).toEqual([["c overloads", "a"], true]);
  }));
