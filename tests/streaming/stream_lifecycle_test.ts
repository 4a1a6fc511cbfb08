import { expect } from "expect";
import type { StreamState } from "../../lib/protocol/session.ts";
import { InvalidTransitionError, StreamLifecycle } from "../../lib/streaming/stream_lifecycle.ts";
import { withVirtualTime } from "../virtual_time.ts";

const STATES: StreamState[] = ["idle", "starting", "active", "stopping", "failed"];
const LEGAL: Record<StreamState, StreamState[]> = {
  idle: ["starting"],
  starting: ["active", "failed"],
  active: ["stopping", "idle", "failed"],
  stopping: ["idle", "failed"],
  failed: ["starting", "idle"],
};
const PATHS: Record<StreamState, StreamState[]> = {
  idle: [],
  starting: ["starting"],
  active: ["starting", "active"],
  stopping: ["starting", "active", "stopping"],
  failed: ["starting", "failed"],
};

function lifecycleIn(state: StreamState): StreamLifecycle {
  const lifecycle = new StreamLifecycle();
  for (const next of PATHS[state]) lifecycle.transitionTo(next);
  return lifecycle;
}

Deno.test("StreamLifecycle makes exactly the legal transitions, and an illegal one changes nothing", () => {
  for (const from of STATES) {
    for (const to of STATES) {
      const lifecycle = lifecycleIn(from);
      const isLegal = LEGAL[from].includes(to);
      expect([from, to, lifecycle.canTransitionTo(to)]).toEqual([from, to, isLegal]);
      if (isLegal) lifecycle.transitionTo(to);
      else expect(() => lifecycle.transitionTo(to)).toThrow(InvalidTransitionError);
      expect(lifecycle.state).toBe(isLegal ? to : from);
    }
  }
});

Deno.test("StreamLifecycle tells of each change", () => {
  const lifecycle = new StreamLifecycle();
  const changes: StreamState[][] = [];
  lifecycle.onStateChange = (from, to) => changes.push([from, to]);
  lifecycle.transitionTo("starting");
  lifecycle.transitionTo("active");
  expect(changes).toEqual([["idle", "starting"], ["starting", "active"]]);
});

Deno.test("StreamLifecycle never counts fewer than no viewers", () => {
  const lifecycle = new StreamLifecycle();
  lifecycle.decrementClients();
  expect(lifecycle.clientCount).toBe(0);
  lifecycle.incrementClients();
  lifecycle.incrementClients();
  lifecycle.decrementClients();
  expect(lifecycle.clientCount).toBe(1);
});

Deno.test("StreamLifecycle counts errors and keeps the newest", () => {
  const lifecycle = new StreamLifecycle();
  expect(lifecycle.lastError).toBeNull();
  lifecycle.recordError("invalid_frame", "Frame is empty");
  lifecycle.recordError("pipeline_failure", "Pipeline execution failed");
  expect(lifecycle.errorCount).toBe(2);
  expect(lifecycle.lastError).toEqual({
    code: "pipeline_failure",
    detail: "Pipeline execution failed",
  });
  expect(Object.isFrozen(lifecycle.lastError)).toBe(true);
});

Deno.test("StreamLifecycle is for cleaning up once nobody watches and the grace is over", async () => {
  await withVirtualTime(async (clock) => {
    const lifecycle = new StreamLifecycle();
    await clock.tickAsync(1000);
    expect(lifecycle.idleDuration()).toBe(1000);
    expect(lifecycle.shouldCleanup(1000)).toBe(false);
    await clock.tickAsync(1);
    expect(lifecycle.shouldCleanup(1000)).toBe(true);
    lifecycle.incrementClients();
    await clock.tickAsync(5000);
    expect(lifecycle.shouldCleanup(1000)).toBe(false);
    lifecycle.decrementClients();
    expect(lifecycle.shouldCleanup(1000)).toBe(false);
    await clock.tickAsync(1001);
    expect(lifecycle.shouldCleanup(1000)).toBe(true);
  });
});
