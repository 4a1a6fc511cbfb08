import { expect } from "expect";
import fc from "fast-check";
import { SessionManager } from "../../lib/streaming/session_manager.ts";
import { SESSION_OPTIONS } from "./simulated_stream.ts";

function createSession(): SessionManager {
  return new SessionManager("yolo_only", SESSION_OPTIONS);
}

Deno.test("SessionManager starts with nothing counted", () => {
  expect(createSession()).toMatchObject({
    pipelineId: "yolo_only",
    frameIndex: 0,
    droppedFrames: 0,
    lastProcessedTs: null,
    backpressureState: "normal",
    dropThreshold: 0.1,
    slowdownThreshold: 0.3,
  });
});

Deno.test("SessionManager gives every session an id of its own", () => {
  const ids = new Set(Array.from({ length: 100 }, () => createSession().sessionId));
  expect(ids.size).toBe(100);
});

Deno.test("SessionManager counts frames from 1", () => {
  const session = createSession();
  expect([session.incrementFrame(), session.incrementFrame()]).toEqual([1, 2]);
});

Deno.test("SessionManager notes when a frame was processed, in seconds", () => {
  const session = createSession();
  const before = Date.now() / 1000;
  session.markProcessed(12);
  expect(session.lastProcessedTs).toBeGreaterThanOrEqual(before);
  expect(session.lastProcessedTs).toBeLessThanOrEqual(Date.now() / 1000);
});

Deno.test("SessionManager knows no recent drop rate until 10 frames have been answered", () => {
  const session = createSession();
  for (let frame = 0; frame < 9; frame += 1) session.markDrop();
  expect(session.recentDropRate()).toBe(0);
  session.markDrop();
  expect(session.recentDropRate()).toBe(1);
  expect(session.backpressureState).toBe("critical");
});

Deno.test("SessionManager's rates are those of the whole life and of the last 30 answers", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (drops) => {
      const session = createSession();
      for (const dropped of drops) {
        session.incrementFrame();
        if (dropped) session.markDrop();
        else session.markProcessed(1);
      }
      const share = (flags: boolean[]) =>
        flags.length === 0 ? 0 : flags.filter((flag) => flag).length / flags.length;
      expect(session.dropRate()).toBeCloseTo(share(drops), 12);
      expect(session.recentDropRate()).toBeCloseTo(
        drops.length < 10 ? 0 : share(drops.slice(-30)),
        12,
      );
    }),
  );
});

Deno.test("SessionManager.nowMs never goes back", () => {
  const first = SessionManager.nowMs();
  expect(SessionManager.nowMs()).toBeGreaterThanOrEqual(first);
});
