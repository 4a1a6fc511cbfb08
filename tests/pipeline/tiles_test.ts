import { expect } from "expect";
import { join } from "node:path";
import sharp from "sharp";
import { parseConfig } from "../../lib/config.ts";
import { PipelineRegistry } from "../../lib/pipeline/pipeline_registry.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { Services } from "../../services.ts";
import { ensureModel, MODEL_DIR, readFixture } from "./models.ts";

/** A pipeline that looks for dogs in tiles, and one that looks inside them once more. */
function definition(id: string, params: Record<string, unknown>, inside = false) {
  const nodes = [
    { id: "decode", step: "decode" },
    { id: "detect", step: "detect", params },
    ...inside ? [{ id: "inside", step: "detect", params: { tiles: "2x1" } }] : [],
    { id: "output", step: "result" },
  ];
  const last = inside ? "inside" : "detect";
  const edges = [
    ["decode", "detect"],
    ...inside ? [["decode", "inside"], ["detect", "inside"]] : [],
    ["decode", "output"],
    [last, "output"],
  ].map(([from, to]) => ({ from, to }));
  return { id, name: id, description: id, nodes, edges };
}

async function withPipelines(test: (pipelineDir: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const each of [
        definition("tiles", { tiles: "3x2" }),
        definition("inside", { classes: ["dog"] }, true),
        definition("plain", {}),
      ]
    ) await Deno.writeTextFile(join(folder, `${each.id}.json`), JSON.stringify(each));
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** dog.jpg, small, in a large image. */
async function smallDog(): Promise<Uint8Array<ArrayBuffer>> {
  const input = await sharp(readFixture("dog.jpg")).resize(260).png().toBuffer();
  const create = { width: 1920, height: 1440, channels: 3, background: "#727272" } as const;
  const scene = sharp({ create }).composite([{ input, left: 150, top: 200 }]);
  return new Uint8Array(await scene.jpeg({ quality: 95 }).toBuffer());
}

Deno.test("a node with tiles finds a dog that is too small without", async () => {
  await ensureModel();
  await withPipelines(async (pipelineDir) => {
    const service = new PipelineService({ modelDir: MODEL_DIR, pipelineDir, workers: 1 });
    await service.start();
    try {
      const best = async (pipelineId: string) => {
        const { detections } = await service.runOnImage({ pipelineId, bytes: await smallDog() });
        return Math.max(
          0,
          ...detections.filter(({ label }) => label === "dog")
            .map(({ confidence }) => confidence),
        );
      };
      expect(await best("tiles")).toBeGreaterThan(await best("plain") + 0.2);
      const { detections } = await service.runOnImage({
        pipelineId: "inside",
        bytes: readFixture("dog.jpg"),
      });
      expect(detections.map(({ label }) => label)).toContain("dog");
    } finally {
      service.stop();
    }
  });
});

Deno.test("tiles for all nodes leave alone those that have some, and those that look inside boxes", async () => {
  await withPipelines((pipelineDir) => {
    const registry = new PipelineRegistry({ pipelineDir, tiles: "2x4" });
    const tilesOf = (id: string) =>
      registry.plan(id).nodes.map(({ id, params }) => [id, params.tiles]);
    expect(tilesOf("plain")).toContainEqual(["detect", "2x4"]);
    expect(tilesOf("tiles")).toContainEqual(["detect", "3x2"]);
    expect(tilesOf("inside")).toEqual([
      ["decode", undefined],
      ["detect", "2x4"],
      ["inside", "2x1"],
      ["output", undefined],
    ]);
    expect(registry.tiles("tiles")).toEqual({ columns: 3, rows: 2 });
    expect(registry.tiles("inside")).toEqual({ columns: 2, rows: 4 });
    return Promise.resolve();
  });
});

Deno.test("frames of videos are as large as tiles and boxes need them", async () => {
  await withPipelines((directory) => {
    const size = (id: string, environment: Record<string, string> = {}) =>
      new Services(parseConfig({ PIPELINE_DIR: directory, MODEL_DIR, ...environment }))
        .videoFrameSize(id);
    expect(size("plain")).toEqual({ width: 640, height: 480, anyShape: true });
    expect(size("tiles")).toEqual({ width: 1920, height: 960, anyShape: true });
    const fixed = { PIPELINE_INPUT_SIZE: "320x256" };
    expect(size("tiles", fixed)).toEqual({ width: 960, height: 512 });
    expect(size("plain", fixed)).toEqual({ width: 320, height: 256 });
    expect(size("plates")).toEqual({ width: 1280, height: 1280 });
    return Promise.resolve();
  });
});
