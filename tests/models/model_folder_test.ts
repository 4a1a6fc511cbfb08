import { expect } from "expect";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { MOST_UNUSED } from "../../lib/models/prepared_graphs.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { MODELS } from "../../lib/models/model_catalog.ts";
import { ensureModel, MODEL_DIR, readFixture } from "../pipeline/models.ts";

const LARGE = { width: 416, height: 320 };
const SMALL = { width: 320, height: 256 };

async function copyModels(folder: string): Promise<void> {
  for (const { id, file, default: isDefault } of MODELS) {
    if (!isDefault) continue;
    await ensureModel(id);
    await Deno.copyFile(`${MODEL_DIR}/${file}`, `${folder}/${file}`);
  }
}

function graphsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.includes(".prepared-"));
}

/** A service that computes with 8 bits, and so keeps a graph. */
async function startService(modelDir: string): Promise<PipelineService & Disposable> {
  const service = new PipelineService({
    modelDir,
    precision: "int8",
    inputSize: LARGE,
    workers: 1,
    threads: 1,
  });
  await service.start();
  return Object.assign(service, { [Symbol.dispose]: () => service.stop() });
}

async function labelsAt(service: PipelineService, size?: typeof SMALL): Promise<string[]> {
  const frame = readFixture("dog.jpg");
  const { detections } = await service.runOnFrame({
    pipelineId: "yolo_only",
    frameIndex: 1,
    bytes: frame,
    sessionId: "a",
    ...(size && { quality: { level: 1, ...size } }),
  });
  return detections.map(({ label }) => label);
}

Deno.test("trying one calibration after the other leaves few graphs, and a server beside it keeps its own", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await copyModels(path);
  using running = await startService(path);
  const inUse = graphsIn(path);
  expect(inUse).toHaveLength(1);
  const shipped = new URL("../../lib/models/calibrations/yolov8n.json", import.meta.url);
  const calibration = JSON.parse(await Deno.readTextFile(shipped));
  for (let images = 1; images < MOST_UNUSED + 4; images += 1) {
    const text = JSON.stringify({ ...calibration, images });
    await Deno.writeTextFile(`${path}/yolov8n.calibration.json`, text);
    using tried = await startService(path);
    expect(await tried.checkCanary()).toBe(true);
    expect(graphsIn(path).length).toBeLessThanOrEqual(2 + MOST_UNUSED);
  }
  expect(graphsIn(path)).toEqual(expect.arrayContaining(inUse));
  await Deno.remove(`${path}/yolov8n.calibration.json`);
  // This size has not been loaded before.
  expect(await labelsAt(running, SMALL)).toContain("dog");
});

Deno.test("a server starts with damaged graphs, and goes on when its graphs are removed or damaged later", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await copyModels(path);
  (await startService(path)).stop();
  for (const name of graphsIn(path)) await Deno.truncate(`${path}/${name}`, 1_000_000);
  using service = await startService(path);
  expect(await labelsAt(service)).toContain("dog");
  for (const name of graphsIn(path)) await Deno.writeTextFile(`${path}/${name}`, "damaged");
  expect(await labelsAt(service, SMALL)).toContain("dog");
});

Deno.test({
  name: "a server runs from a folder of models that is read-only",
  ignore: withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(64 * 1_048_576);
    const path = disk?.path ?? "";
    await copyModels(path);
    await new Deno.Command("mount", { args: ["-o", "remount,ro", path] }).output();
    using service = await startService(path);
    expect(graphsIn(path)).toEqual([]);
    expect(await labelsAt(service)).toContain("dog");
    expect(await labelsAt(service, SMALL)).toContain("dog");
  },
});

Deno.test("several servers may start at once from one folder without graphs", async () => {
  await using directory = await temporaryDirectory();
  await copyModels(directory.path);
  const services = await Promise.all([1, 2, 3].map(() => startService(directory.path)));
  for (const service of services) {
    using _running = service;
    expect(await labelsAt(service, SMALL)).toContain("dog");
  }
  const left = [...Deno.readDirSync(directory.path)].filter(({ name }) => name.endsWith(".part"));
  expect(left).toEqual([]);
});
