import { expect } from "expect";
import { inspectDetector } from "../../lib/detection/detector_graph.ts";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { skimModel } from "../../lib/onnx/skim_model.ts";
import { yolov8Export } from "../detection/exports/yolov8_exports.ts";

const SIZE = { width: 96, height: 64 };

Deno.test("a model that was skimmed lacks the elements of its weights, and is recognised all the same", async () => {
  const model = yolov8Export({ classes: 1000, metadata: { task: "detect" } });
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, serializeOnnx(model));
    using file = await Deno.open(path);
    const skimmed = skimModel(file, file.statSync().size);
    const whole = parseOnnx(await Deno.readFile(path));
    const weights = whole.graph.initializer.filter(({ raw_data }) => raw_data.length > 10_000);
    expect(weights.length).toBeGreaterThan(0);
    for (const tensor of weights) Reflect.deleteProperty(tensor, "raw_data");
    expect(serializeOnnx(skimmed)).toEqual(serializeOnnx(whole));
    expect(inspectDetector(skimmed, SIZE)).toEqual(inspectDetector(whole, SIZE));
  } finally {
    await Deno.remove(path);
  }
});
