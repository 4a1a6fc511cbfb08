import { expect } from "expect";
import { TEXT_MODEL_NAMES } from "../../lib/config.ts";
import { ModelNotFoundError } from "../../lib/onnx/errors.ts";
import { integersOverflow } from "../../lib/onnx/integer_overflow.ts";
import { loadTextModel } from "../../lib/models/load_text_model.ts";
import { chooseTextModel, textModelFiles } from "../../lib/models/text_models.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { ensureModel, MODEL_DIR, readFixture } from "../pipeline/models.ts";

async function addFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await Deno.writeTextFile(`${folder}/${name}`, "there");
}

Deno.test("a text model finds lines, reads them, and knows its characters", () => {
  const roles = TEXT_MODEL_NAMES.map((name) => textModelFiles(name).map(({ role }) => role));
  expect(roles).toEqual([
    ["text_detector", "text_recognizer"],
    ["text_detector", "text_recognizer", "characters"],
  ]);
  const files = TEXT_MODEL_NAMES.flatMap((name) => textModelFiles(name).map(({ file }) => file));
  expect(new Set(files).size).toBe(files.length);
});

Deno.test("chooseTextModel takes the one that is wanted, else what stands in for it, else none", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const [[first = "", second = ""], standIn] = ["PP-OCRv6_small", "ch_PP-OCRv4"].map((name) =>
    textModelFiles(name as typeof TEXT_MODEL_NAMES[number]).map(({ file }) => file)
  ) as [string[], string[]];
  const choose = (wanted: typeof TEXT_MODEL_NAMES[number]) => chooseTextModel(path, wanted);
  await addFiles(path, [first]);
  await expect(choose("PP-OCRv6_small")).rejects.toThrow(ModelNotFoundError);
  await expect(choose("PP-OCRv6_small")).rejects.toThrow(
    `Cannot find the model ${path}/${second}: run "deno task models" to fetch what is missing`,
  );
  await addFiles(path, standIn);
  expect(await choose("PP-OCRv6_small")).toBe("ch_PP-OCRv4");
  await addFiles(path, [second]);
  expect(await choose("PP-OCRv6_small")).toBe("PP-OCRv6_small");
  expect(await choose("ch_PP-OCRv4")).toBe("ch_PP-OCRv4");
});

Deno.test("loadTextModel has ranges where integers are as good as floats, and only if it may", async () => {
  for (const name of TEXT_MODEL_NAMES) {
    await Promise.all(textModelFiles(name).map(({ id }) => ensureModel(id)));
  }
  const overflow = await integersOverflow();
  const { ranges, dictionary } = await loadTextModel(MODEL_DIR, "PP-OCRv6_small", "auto");
  expect(ranges === undefined).toBe(overflow);
  expect(dictionary).toBeUndefined();
  const floats = await loadTextModel(MODEL_DIR, "PP-OCRv6_small", "fp32");
  expect(floats.ranges).toBeUndefined();
  // It has no calibration.
  const other = await loadTextModel(MODEL_DIR, "ch_PP-OCRv4", "auto");
  expect(other.ranges).toBeUndefined();
  expect(other.dictionary?.split("\n").length).toBeGreaterThan(6000);
});

Deno.test("loadTextModel names the file that is missing", async () => {
  await using directory = await temporaryDirectory();
  await expect(loadTextModel(directory.path, "PP-OCRv6_small", "auto")).rejects.toThrow(
    `Cannot find the model ${directory.path}/PP-OCRv6_det_small.onnx: run "deno task models"`,
  );
});

Deno.test("a service reads with what stands in for its text model, and says so", async () => {
  await using directory = await temporaryDirectory();
  for (const id of ["yolov8n", ...textModelFiles("ch_PP-OCRv4").map(({ id }) => id)]) {
    const path = await ensureModel(id);
    await Deno.copyFile(path, `${directory.path}/${path.slice(path.lastIndexOf("/") + 1)}`);
  }
  const service = new PipelineService({ modelDir: directory.path, workers: 1, threads: 1 });
  try {
    await service.start();
    const result = await service.runOnImage({
      pipelineId: "ocr_only",
      bytes: readFixture("text.jpg"),
    });
    expect(result.text).toContain("INVOICE No. 48213-B");
    expect(result.models).toEqual({ detector: null, recognizer: "ch_PP-OCRv4" });
    const names = service.getPipeline("ocr_only")?.models.map(({ name }) => name);
    expect(names).toEqual(["ch_PP-OCRv4_det", "ch_PP-OCRv4_rec", "ppocr_keys_v1"]);
  } finally {
    service.stop();
  }
});
