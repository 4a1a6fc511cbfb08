import { expect } from "expect";
import { IntervalNodes } from "../../lib/pipeline/interval_nodes.ts";
import { planPipeline } from "../../lib/pipeline/pipeline_plan.ts";
import type { ReadLine } from "../../lib/pipeline/step.ts";
import { StreamText } from "../../lib/pipeline/text_memories.ts";
import ocrOnly from "../../pipelines/ocr_only.json" with { type: "json" };
import yoloOcr from "../../pipelines/yolo_ocr.json" with { type: "json" };
import { startVirtualTime } from "../virtual_time.ts";

const FRAME = new Uint8Array([1, 2, 3]);
const NOTHING = { value: undefined, frameIndex: null, ms: 0 };

/** A node that takes `runMs`, under virtual time. */
class SlowNode {
  readonly ran: string[] = [];
  readonly clock = startVirtualTime();
  readonly nodes: IntervalNodes;
  readonly #segment;

  constructor({ runMs = 100, intervalMs = 500, fails = false } = {}) {
    this.#segment = planPipeline(ocrOnly, intervalMs).intervals[0];
    this.nodes = new IntervalNodes(async ({ image, sessionId }) => {
      const [first] = image as Uint8Array;
      this.ran.push(`${sessionId}${first}`);
      await new Promise((resolve) => setTimeout(resolve, runMs));
      if (fails) throw new Error("on purpose");
      return { value: [{ text: `read ${first}` }] as ReadLine[], ms: runMs };
    });
  }

  offer(sessionId: string, frameIndex: number, frame = FRAME, after = Promise.resolve()): void {
    const given = after.then(() => ({}));
    const segment = this.#segment;
    const priority = "stream";
    const offer = { pipelineId: "ocr_only", sessionId, segment, frameIndex, priority } as const;
    this.nodes.offer({ ...offer, frame, given, text: new StreamText() });
  }

  take(sessionId: string) {
    return this.nodes.take(sessionId, this.#segment.nodes[0]);
  }

  takeFailure(sessionId: string) {
    return this.nodes.takeFailure(sessionId, this.#segment.nodes[0]);
  }

  [Symbol.dispose](): void {
    this.clock.uninstall();
  }
}

Deno.test("a node with an interval has no value before its first run, then tells which frame it is of", async () => {
  using slow = new SlowNode();
  slow.offer("a", 7);
  expect(slow.take("a")).toEqual(NOTHING);
  await slow.clock.tickAsync(100);
  expect(slow.take("a")).toEqual({ value: [{ text: "read 1" }], frameIndex: 7, ms: 100 });
  // The time of a run is told once, so that it is not counted with every frame.
  expect(slow.take("a").ms).toBe(0);
});

Deno.test("a node runs no more often than its interval, and then on the newest frame", async () => {
  using slow = new SlowNode();
  for (let frame = 1; frame <= 24; frame += 1) {
    slow.offer("a", frame, Uint8Array.of(frame));
    await slow.clock.tickAsync(50);
  }
  expect(slow.ran).toEqual(["a1", "a11", "a21"]);
});

Deno.test("streams take turns when their nodes cannot keep up", async () => {
  using slow = new SlowNode({ runMs: 1000, intervalMs: 0 });
  for (let frame = 1; frame <= 60; frame += 1) {
    for (const session of ["a", "b", "c"]) slow.offer(session, frame, Uint8Array.of(frame));
    await slow.clock.tickAsync(100);
  }
  expect(slow.ran).toEqual(["a1", "b10", "c20", "a30", "b40", "c50", "a60"]);
});

Deno.test("a waiting frame is a copy, since the frame's memory goes elsewhere", async () => {
  using slow = new SlowNode();
  const frame = Uint8Array.of(9);
  slow.offer("a", 1, frame);
  structuredClone(frame, { transfer: [frame.buffer] });
  await slow.clock.tickAsync(100);
  expect(slow.take("a").value).toEqual([{ text: "read 9" }]);
});

Deno.test("a node with an interval begins when the frame's own nodes are through", async () => {
  using slow = new SlowNode();
  slow.offer("a", 1, FRAME, new Promise((resolve) => setTimeout(resolve, 30)));
  await slow.clock.tickAsync(29);
  expect(slow.ran).toEqual([]);
  await slow.clock.tickAsync(1);
  expect(slow.ran).toEqual(["a1"]);
});

Deno.test("a run that fails is told once, the next one comes, and streams that have ended are forgotten", async () => {
  using slow = new SlowNode({ fails: true });
  slow.offer("a", 1);
  await slow.clock.tickAsync(600);
  expect(slow.takeFailure("a")).toMatchObject({ message: "on purpose" });
  expect(slow.takeFailure("a")).toBeUndefined();
  slow.offer("a", 2);
  await slow.clock.tickAsync(600);
  expect(slow.ran).toHaveLength(2);
  expect(slow.take("a").frameIndex).toBeNull();
  slow.nodes.endSession("a");
  expect(slow.take("a")).toEqual(NOTHING);
  expect(slow.takeFailure("a")).toBeUndefined();
});

Deno.test("a node that reads for long keeps none from looking for objects meanwhile", async () => {
  const definition = structuredClone(yoloOcr);
  for (const node of definition.nodes) {
    if (node.step === "detect") Object.assign(node, { interval_ms: 0 });
  }
  const { intervals } = planPipeline(definition);
  const ran: string[] = [];
  const isRead = Promise.withResolvers<void>();
  const nodes = new IntervalNodes(async ({ segment: { pool, nodes: [node] } }) => {
    ran.push(node.id);
    if (pool === "reading") await isRead.promise;
    return { value: [], ms: 1 };
  });
  const given = Promise.resolve({});
  for (const frameIndex of [1, 2, 3]) {
    for (const segment of intervals) {
      nodes.offer({
        pipelineId: "x",
        sessionId: "a",
        segment,
        frameIndex,
        priority: "stream",
        frame: FRAME,
        given,
        text: new StreamText(),
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  isRead.resolve();
  expect(ran.filter((id) => id === "detect")).toHaveLength(3);
  expect(ran.filter((id) => id === "read")).toHaveLength(1);
});
