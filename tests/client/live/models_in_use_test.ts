import { expect } from "expect";
import { describeModels, fetchModels } from "../../../lib/client/live/models_in_use.ts";
import type { ModelInfo } from "../../../lib/protocol/model_list.ts";

const DETECTOR: ModelInfo = {
  name: "yolov8n",
  role: "detector",
  file: "yolov8n.onnx",
  present: true,
  size_bytes: 12_800_000,
  licence: "AGPL-3.0",
  used_by: ["yolo_ocr", "yolo_only"],
  classes: ["person", "bicycle"],
  input_size: { width: 640, height: 480 },
  precision: "int8",
  speed: { ms: 11.3, threads: 2, measured_by: "autotune" },
};

const READER: ModelInfo = {
  ...DETECTOR,
  name: "PP-OCRv6_rec_small",
  role: "text_recognizer",
  licence: null,
  used_by: ["yolo_ocr"],
  classes: null,
  input_size: null,
  precision: null,
  speed: null,
};

Deno.test("the models of a pipeline are described by what is known of them", () => {
  const models = [DETECTOR, READER];
  expect(describeModels(models, "yolo_ocr")).toEqual([
    {
      name: "yolov8n",
      facts: "finds objects, 2 classes, 640×480, 8-bit integers, 11.3 ms here, AGPL-3.0",
    },
    { name: "PP-OCRv6_rec_small", facts: "reads text, licence not known" },
  ]);
  expect(describeModels(models, "yolo_only")).toHaveLength(1);
  expect(describeModels(models, null)).toEqual([]);
  const [described] = describeModels([{ ...DETECTOR, role: "classifier" }], "yolo_only");
  expect(described?.facts).toMatch(/^classifies, 2 classes/);
});

Deno.test("fetchModels reads the server's list, and refuses what is none", async () => {
  const answering = (answer: unknown) => () => Promise.resolve(Response.json(answer));
  expect(await fetchModels(answering({ models: [DETECTOR] }))).toEqual([DETECTOR]);
  await expect(fetchModels(answering({ models: [{ name: "x" }] }))).rejects.toThrow();
});
