import { expect } from "expect";
import { type RegistryEvent, SessionRegistry } from "../../lib/streaming/session_registry.ts";
import { SimulatedStream } from "./simulated_stream.ts";
import { withVirtualTime } from "../virtual_time.ts";

const NO_TIMEOUTS = { idleTimeoutMs: 0, maxSessionMs: 0 };

Deno.test("SessionRegistry keeps streams by their id", async () => {
  await withVirtualTime(() => {
    const registry = new SessionRegistry(NO_TIMEOUTS);
    const { stream } = new SimulatedStream(() => 10);
    const { sessionId } = stream.session;
    registry.set(stream);
    expect(() => registry.set(stream)).toThrow(RangeError);
    expect(registry.size).toBe(1);
    expect(registry.get(sessionId)).toBe(stream);
    expect(registry.delete(sessionId)).toBe(true);
    expect(registry.delete(sessionId)).toBe(false);
    expect(registry.get(sessionId)).toBeUndefined();
    expect(registry.size).toBe(0);
    return Promise.resolve();
  });
});

Deno.test("SessionRegistry hands out snapshots that cannot change it", async () => {
  await withVirtualTime(() => {
    const registry = new SessionRegistry(NO_TIMEOUTS);
    const { stream } = new SimulatedStream(() => 10);
    registry.set(stream);
    const list = registry.list();
    expect(() => Object.assign(list[0], { frame_index: 99 })).toThrow(TypeError);
    list.pop();
    expect(registry.list()).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(registry))).toMatchObject({
      sessions: [{ session_id: stream.session.sessionId, state: "idle", client_count: 0 }],
    });
    registry.delete(stream.session.sessionId);
    return Promise.resolve();
  });
});

Deno.test("SessionRegistry tells subscribers of a whole life, and survives one that throws", async () => {
  await withVirtualTime(async (clock) => {
    const registry = new SessionRegistry(NO_TIMEOUTS);
    const events: string[] = [];
    registry.subscribe(() => {
      throw new Error("a bad subscriber");
    });
    const unsubscribe = registry.subscribe((event: RegistryEvent) =>
      events.push(event.type === "state" ? `${event.from} > ${event.to}` : event.type)
    );
    const simulated = new SimulatedStream(() => 10);
    registry.set(simulated.stream);
    simulated.arrive();
    await clock.tickAsync(10);
    simulated.stream.disconnected();
    registry.delete(simulated.session.sessionId);
    expect(events).toEqual([
      "created",
      "idle > starting",
      "starting > active",
      "active > stopping",
      "stopping > idle",
      "ended",
    ]);
    unsubscribe();
    registry.set(new SimulatedStream(() => 10).stream);
    expect(events).toHaveLength(6);
    await registry.shutdown(0);
  });
});

Deno.test("SessionRegistry ends the streams whose time is over, and only those", async () => {
  await withVirtualTime(async (clock) => {
    const registry = new SessionRegistry({ idleTimeoutMs: 3000, maxSessionMs: 10_000 });
    const [quiet, busy] = [new SimulatedStream(() => 10), new SimulatedStream(() => 10)];
    registry.set(quiet.stream);
    registry.set(busy.stream);
    for (let second = 0; second < 11; second += 1) {
      busy.arrive();
      await clock.tickAsync(1000);
      if (second === 3) {
        expect(quiet.transport.closedWith?.reason).toBe("session_timeout");
        expect(busy.transport.closedWith).toBeUndefined();
      }
    }
    expect(busy.transport.sent.at(-1)).toEqual({
      error: "session_timeout",
      detail: "Session exceeded 10 seconds",
    });
    await registry.shutdown(0);
  });
});

Deno.test("SessionRegistry lets a stream be idle when no frame has come for a while, and active again", async () => {
  await withVirtualTime(async (clock) => {
    const registry = new SessionRegistry(NO_TIMEOUTS);
    const simulated = new SimulatedStream(() => 10);
    registry.set(simulated.stream);
    simulated.arrive();
    await clock.tickAsync(1000);
    expect(simulated.session.state).toBe("active");
    await clock.tickAsync(6000);
    expect(simulated.session.state).toBe("idle");
    simulated.arrive();
    await clock.tickAsync(10);
    expect(simulated.session.state).toBe("active");
    await registry.shutdown(0);
  });
});

Deno.test("SessionRegistry stops all streams when it is disposed of, and leaves no timer", async () => {
  await withVirtualTime(async (clock) => {
    const streams = Array.from({ length: 3 }, () => new SimulatedStream(() => 10));
    {
      await using registry = new SessionRegistry(NO_TIMEOUTS);
      for (const { stream } of streams) registry.set(stream);
    }
    for (const { transport } of streams) expect(transport.closedWith?.code).toBe(1001);
    expect(clock.countTimers()).toBe(0);
  });
});

Deno.test("SessionRegistry stays true while streams come and go between other work", async () => {
  await withVirtualTime(async (clock) => {
    const registry = new SessionRegistry(NO_TIMEOUTS);
    let live = 0;
    registry.subscribe(({ type }) => {
      if (type === "created") live += 1;
      if (type === "ended") live -= 1;
      expect(registry.size).toBe(live);
    });
    const visits = Array.from({ length: 50 }, async (_, index) => {
      const simulated = new SimulatedStream(() => 5);
      await new Promise((resolve) => setTimeout(resolve, index % 7));
      registry.set(simulated.stream);
      simulated.arrive();
      await new Promise((resolve) => setTimeout(resolve, index % 11));
      simulated.stream.disconnected();
      registry.delete(simulated.session.sessionId);
    });
    await clock.tickAsync(100);
    await Promise.all(visits);
    expect(registry.size).toBe(0);
    expect(clock.countTimers()).toBe(0);
  });
});
