import { expect } from "expect";
import fc from "fast-check";
import { validateDefinition } from "../../lib/pipeline/pipeline_definition.ts";
import { type FramePlan, planPipeline, trackerOfResult } from "../../lib/pipeline/pipeline_plan.ts";
import { runFrame } from "../../lib/pipeline/pipeline_executor.ts";
import type { PipelineDefinition } from "../../lib/protocol/pipeline.ts";
import plates from "../../pipelines/plates.json" with { type: "json" };
import yoloOcr from "../../pipelines/yolo_ocr.json" with { type: "json" };

/** A definition out of `id: step` and `from > to`. */
function define(nodes: Record<string, string>, ...edges: string[]): PipelineDefinition {
  return {
    id: "made",
    name: "Made",
    description: "Made up.",
    nodes: Object.entries(nodes).map(([id, step]) => ({ id, step })),
    edges: edges.map((edge) => {
      const [from = "", to = ""] = edge.split(" > ");
      return { from, to };
    }),
  };
}

function describe({ segments }: FramePlan): string[] {
  return segments.map(({ pool, nodes, needs }) =>
    `${pool}: ${nodes.map(({ id }) => id)} after ${needs.map(({ id }) => id)}`
  );
}

Deno.test("objects and text of an image are looked for at the same time", () => {
  const { whole, stream, intervals } = planPipeline(yoloOcr);
  expect(describe(whole)).toEqual(["detection: detect after ", "reading: read after "]);
  expect(describe(stream)).toEqual(["detection: detect after "]);
  expect(intervals.map(({ nodes }) => nodes.map(({ id, intervalMs }) => [id, intervalMs])))
    .toEqual([[["read", 500]]]);
});

Deno.test("text is read in the boxes of objects once these are found", () => {
  const { whole, intervals } = planPipeline(plates);
  expect(describe(whole)).toEqual([
    "detection: vehicles after ",
    "reading: read after vehicles",
  ]);
  expect(intervals[0].needs.map(({ id }) => id)).toEqual(["vehicles"]);
});

Deno.test("nodes that follow each other on one kind of worker run there together", () => {
  const chain = define(
    { image: "decode", far: "detect", near: "detect", out: "result" },
    ...["image > far", "image > near", "far > near", "image > out", "near > out"],
  );
  expect(describe(planPipeline(chain).whole)).toEqual(["detection: far,near after "]);
});

Deno.test("what comes behind a node of the main thread runs after it", () => {
  const filtered = define(
    { image: "decode", all: "detect", some: "filter", near: "detect", out: "result" },
    ...["image > all", "image > some", "all > some", "some > near", "image > near"],
    ...["image > out", "near > out"],
  );
  expect(describe(planPipeline(filtered).whole)).toEqual([
    "detection: all after ",
    "detection: near after some",
  ]);
});

Deno.test("the interval of readings can be set for all pipelines", () => {
  expect(planPipeline(yoloOcr, 2000).intervals[0].nodes[0].intervalMs).toBe(2000);
  expect(planPipeline(yoloOcr, 0).intervals[0].nodes[0].intervalMs).toBe(0);
});

Deno.test("every valid graph runs each of its nodes once, after those that it takes values from", async () => {
  const steps = fc.constantFrom("detect", "read", "filter", "track");
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 14 }),
      async (middle, pairs) => {
        const names = ["decode", ...middle, "result"];
        const nodes = Object.fromEntries(names.map((step, index) => [`n${index}`, step]));
        const edges = pairs.filter(([from, to]) => from < to && to < names.length)
          .map(([from, to]) => `n${from} > n${to}`);
        const made = define(nodes, ...new Set(edges));
        fc.pre(validateDefinition(made).length === 0);
        const plan = planPipeline(made);
        const ran: string[] = [];
        await runFrame(plan, {
          plan: plan.whole,
          image: new Uint8Array(4),
          latest: new Map(),
          context: { track: (_, detections) => [...detections] },
          runSegment: ({ nodes, needs }, _image, given) => {
            expect(Object.values(given)).not.toContain(undefined);
            expect(Object.keys(given).sort()).toEqual(needs.map(({ id }) => id).sort());
            const values = Object.fromEntries(nodes.map(({ id }) => [id, []]));
            ran.push(...nodes.map(({ id }) => id));
            const image = { width: 1, height: 1 };
            return Promise.resolve({ outcome: { image, values, times: {}, decodeMs: 0 }, wait: 0 });
          },
        });
        const onWorkers = plan.nodes.filter(({ step: { runsOn } }) =>
          runsOn === "detection" || runsOn === "reading"
        );
        expect(ran.toSorted()).toEqual(onWorkers.map(({ id }) => id).toSorted());
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("objects of a video are followed where those of the result are, and not where others were found since", () => {
  const steps = {
    image: "decode",
    detect: "detect",
    track: "track",
    some: "filter",
    out: "result",
  };
  const images = ["image > detect", "image > some", "image > out"];
  const trackerOf = (nodes: Record<string, string>, ...edges: string[]) =>
    trackerOfResult(planPipeline(define(nodes, ...images, ...edges)))?.id;
  expect(trackerOf(steps, "detect > track", "track > some", "some > out")).toBe("track");
  expect(trackerOf(steps, "detect > some", "some > track", "track > out")).toBe("track");
  const again = { ...steps, closer: "detect" };
  const behind = ["detect > track", "track > some", "image > closer", "some > closer"];
  expect(trackerOf(again, ...behind, "closer > out")).toBeUndefined();
  expect(trackerOfResult(planPipeline(define({ image: "decode", out: "result" }, "image > out"))))
    .toBeUndefined();
});
