import type { DetectorLayout } from "../../lib/onnx/detector_layout.ts";
import type { Size } from "../../lib/image/size.ts";
import { expect } from "expect";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import { leanDetector } from "../../lib/onnx/lean_graph.ts";
import { inspectDetector, specializeDetector } from "../../lib/detection/detector_graph.ts";
import { type OnnxModel, type OnnxNode, parseOnnx } from "../../lib/onnx/onnx_schema.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";

/** Boxes, `[1, 64, rows, columns]`, and logits, `[1, 80, rows, columns]`, of one stride. */
type Grid = [boxes: Tensor, logits: Tensor];

async function readModel(): Promise<OnnxModel> {
  return parseOnnx(await Deno.readFile(await ensureModel()));
}

/** What a graph gives for pixels: boxes and logits of each stride. */
async function openGraph(model: OnnxModel, layout: DetectorLayout) {
  const { input: size } = layout;
  const session = await InferenceSession.create(specializeDetector(model, layout));
  return {
    async run(pixels: Uint8Array) {
      const input = new Tensor("uint8", pixels, [1, size.height, size.width, 3]);
      const outputs = await session.run({ [session.inputNames[0] ?? ""]: input });
      const tensors = layout.outputs.map((name) => outputs[name] as Tensor);
      return [0, 2, 4].map((index): Grid => tensors.slice(index, index + 2) as Grid);
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

async function openWhole(size: Size) {
  const model = await readModel();
  return await openGraph(model, inspectDetector(model, size));
}

async function openLean(size: Size, confidence: number) {
  const model = await readModel();
  const layout = inspectDetector(model, size);
  return await openGraph(leanDetector(model, layout, confidence), layout);
}

/** Compares two grids: logits everywhere, boxes where a class is above the confidence. */
function compare(lean: Grid, whole: Grid, confidence: number) {
  const least = Math.log(confidence / (1 - confidence));
  const found = new Set<number>();
  let largest = 0;
  const [boxes, logits] = [0, 1].map((part) => {
    const [a, b] = [lean[part] as Tensor, whole[part] as Tensor];
    expect(a.dims).toEqual(b.dims);
    return { a: a.data as Float32Array, b: b.data as Float32Array, dims: b.dims };
  }) as [Parts, Parts];
  const [, , rows = 0, columns = 0] = logits.dims;
  const cells = rows * columns;
  logits.b.forEach((logit, index) => {
    if (logit > least) found.add(index % cells);
    largest = Math.max(largest, Math.abs((logits.a[index] ?? NaN) - logit));
  });
  let left = 0;
  boxes.b.forEach((value, index) => {
    if (boxes.a[index] === 0) left += 1;
    if (!found.has(index % cells)) return;
    largest = Math.max(largest, Math.abs((boxes.a[index] ?? NaN) - value));
  });
  return { largest, found: found.size, left: left / boxes.b.length };
}

/** The same tensor of both graphs. */
interface Parts {
  a: Float32Array;
  b: Float32Array;
  dims: readonly number[];
}

Deno.test("a lean graph gives the same where something is found, and boxes nowhere else", async () => {
  const size = { width: 512, height: 384 };
  const pixels = new Uint8Array(size.width * size.height * 3);
  for (const confidence of [0.05, 0.25]) {
    await using lean = await openLean(size, confidence);
    await using whole = await openWhole(size);
    for (const name of ["dog.jpg", "person.jpg", "horses.jpg"]) {
      await decodeLetterboxed(await readFixture(name), size, pixels, { maxPixels: 1e6 });
      const [ours, theirs] = [await lean.run(pixels), await whole.run(pixels)];
      const grids = ours.map((grid, index) => compare(grid, theirs[index] as Grid, confidence));
      expect(Math.max(...grids.map(({ largest }) => largest))).toBeLessThan(1e-4);
      expect(grids.reduce((sum, { found }) => sum + found, 0)).toBeGreaterThan(5);
      // Small objects are rare, so most rows of the finest grid are left out.
      expect(grids[0]?.left).toBeGreaterThan(0.5);
    }
  }
});

Deno.test("a lean graph gives the same for noise, whatever the confidence", async () => {
  const size = { width: 96, height: 160 };
  const random = createRandom(7);
  const below = (limit: number) => Math.floor(random() * limit);
  await using whole = await openWhole(size);
  let found = 0;
  for (const confidence of [0, 1e-6, 1e-5, 1e-4, 0.3, 1]) {
    await using lean = await openLean(size, confidence);
    for (let round = 0; round < 5; round++) {
      const pixels = new Uint8Array(size.width * size.height * 3);
      const [low, span] = [below(200), 1 + below(56)];
      for (let index = 0; index < pixels.length; index++) pixels[index] = low + below(span);
      const theirs = await whole.run(pixels);
      for (const [index, grid] of (await lean.run(pixels)).entries()) {
        const { largest, found: cells } = compare(grid, theirs[index] as Grid, confidence);
        expect(largest).toBeLessThan(1e-4);
        found += cells;
      }
    }
  }
  expect(found).toBeGreaterThan(100);
});

/** Takes halves as newer exports do: by one `Split`, whose sizes are a constant, noted, or left to be equal. */
function splitHalves(sizes: "constant" | "noted" | "equal"): (model: OnnxModel) => OnnxModel {
  return (model) => {
    const { graph } = model;
    const slices = graph.node.filter(({ op_type, input }) =>
      op_type === "Slice" && input[0]?.includes("/cv1/")
    );
    for (const first of slices) {
      const second = slices.find((each) => each !== first && each.input[0] === first.input[0]);
      if (second === undefined || !graph.node.includes(first)) continue;
      // In the default model, halves end where their blocks' channels do.
      const [name = ""] = first.input;
      const end = graph.initializer.find((tensor) => tensor.name === first.input[2]);
      const half = new BigInt64Array(new Uint8Array(end?.raw_data ?? []).buffer)[0] ?? 0n;
      const constant = {
        name: `${name}/sizes`,
        data_type: 7,
        dims: [2],
        raw_data: new Uint8Array(new BigInt64Array([half, half]).buffer),
      };
      const split: OnnxNode = {
        op_type: "Split",
        name: `${name}/split`,
        input: sizes === "constant" ? [name, constant.name] : [name],
        output: [...first.output, ...second.output],
        attribute: [{ name: "axis", type: 2, i: 1 }],
      };
      if (sizes === "noted") {
        split.attribute.push({ name: "split", type: 7, ints: [Number(half), Number(half)] });
      }
      if (sizes === "constant") graph.initializer.push(constant);
      graph.node[graph.node.indexOf(first)] = split;
      graph.node = graph.node.filter((node) => node !== second);
    }
    return model;
  };
}

function countOf({ graph }: OnnxModel, operator: string): number {
  return graph.node.filter(({ op_type }) => op_type === operator).length;
}

for (const sizes of ["constant", "noted", "equal"] as const) {
  Deno.test(`halves that are taken by a Split are computed apart, too (sizes ${sizes})`, async () => {
    const size = { width: 96, height: 160 };
    const model = splitHalves(sizes)(await readModel());
    expect(countOf(model, "Split")).toBe(8);
    const convolutions = countOf(model, "Conv");
    const layout = inspectDetector(model, size);
    leanDetector(model, layout, 0.25);
    expect(countOf(model, "Split")).toBe(0);
    expect(countOf(model, "Conv")).toBe(convolutions + 8);

    const random = createRandom(1);
    const pixels = new Uint8Array(size.width * size.height * 3).map(() => random() * 256);
    await using lean = await openGraph(model, layout);
    await using whole = await openWhole(size);
    const [ours, theirs] = [await lean.run(pixels), await whole.run(pixels)];
    for (const [index, grid] of ours.entries()) {
      expect(compare(grid, theirs[index] as Grid, 0.25).largest).toBeLessThan(1e-4);
    }
  });
}

Deno.test("what does not look as expected is left as it is", async () => {
  const size = { width: 96, height: 160 };
  const convolution = ({ graph }: OnnxModel, name: string) =>
    graph.node.find((node) => node.op_type === "Conv" && node.name.includes(name)) as OnnxNode;
  const edits: Record<string, (model: OnnxModel) => void> = {
    "an old operator set": (model) => {
      model.opset_import = [{ version: 10 }];
    },
    "a head that is no distribution": () => {},
    "boxes that look at other rows": (model) => {
      for (const grid of [0, 1, 2]) {
        convolution(model, `/cv2.${grid}.0/`).attribute.find(({ name }) => name === "dilations")!
          .ints = [2, 2];
      }
    },
    "boxes by another operation": (model) => {
      for (const grid of [0, 1, 2]) {
        const sigmoid = model.graph.node.find(({ name }) =>
          name.includes(`/cv2.${grid}.0/act/Sigmoid`)
        );
        if (sigmoid !== undefined) sigmoid.op_type = "Softmax";
      }
    },
  };
  for (const [what, edit] of Object.entries(edits)) {
    const model = await readModel();
    edit(model);
    const kind = what.includes("head") ? "yolov8" as const : "dfl" as const;
    leanDetector(model, { ...inspectDetector(model, size), kind }, 0.25);
    expect([what, countOf(model, "Pad")]).toEqual([what, 0]);
  }
  const grouped = await readModel();
  for (const { op_type, attribute } of grouped.graph.node) {
    if (op_type !== "Conv") continue;
    const group = attribute.find(({ name }) => name === "group");
    if (group !== undefined) group.i = 2;
  }
  const convolutions = countOf(grouped, "Conv");
  leanDetector(grouped, inspectDetector(grouped, size), 0.25);
  expect(countOf(grouped, "Conv")).toBe(convolutions);
});
