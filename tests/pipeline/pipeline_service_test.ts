import { ModelNotFoundError } from "../../lib/onnx/errors.ts";
import { ImageDecodeError, ImageTooLargeError } from "../../lib/image/errors.ts";
import { expect } from "expect";
import type { Quality } from "../../lib/protocol/result.ts";
import sharp from "sharp";
import { PipelineError } from "../../lib/pipeline/errors.ts";
import type { PipelineServiceOptions } from "../../lib/pipeline/pipeline_options.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { ensureModel, MODEL_DIR, readFixture } from "./models.ts";

async function withService(
  options: Partial<PipelineServiceOptions>,
  test: (service: PipelineService) => Promise<void>,
): Promise<void> {
  await ensureModel();
  const service = new PipelineService({ modelDir: MODEL_DIR, workers: 1, threads: 2, ...options });
  await service.start();
  try {
    await test(service);
  } finally {
    service.stop();
  }
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return await promise.then(() => new Error("Did not fail"), (error) => error);
}

Deno.test("runOnImage answers with exactly the parts of a result", async () => {
  await withService({}, async (service) => {
    const result = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("dog.jpg"),
    });
    expect(result).toMatchObject({
      image: { width: 768, height: 576 },
      text_blocks: [],
      text: "",
      text_frame_index: null,
      models: { detector: "yolov8n", recognizer: null },
    });
    expect(Object.keys(result).sort()).toEqual(
      [
        ..."detections image models text text_blocks text_frame_index timings_ms".split(" "),
      ],
    );
    expect(result.detections.map((detection) => detection.label)).toEqual(
      expect.arrayContaining(["dog", "bicycle", "car"]),
    );
    expect(Object.keys(result.detections[0] ?? {}).sort()).toEqual(
      ["bbox", "class_id", "confidence", "label"],
    );
  });
});

Deno.test("a result's stages are measured and add up to no more than the total", async () => {
  await withService({}, async (service) => {
    const { timings_ms: timings } = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("dog.jpg"),
    });
    expect(timings.decode).toBeGreaterThan(0);
    expect(timings.detect).toBeGreaterThan(0);
    expect(timings.ocr).toBe(0);
    expect(timings.wait + timings.decode + timings.detect).toBeLessThanOrEqual(timings.total + 0.2);
  });
});

Deno.test("runOnImage reads PNG and WebP as well", async () => {
  await withService({}, async (service) => {
    const expected = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("person.jpg"),
    });
    for (const format of ["png", "webp"] as const) {
      const image = sharp(readFixture("person.jpg")).toFormat(format, { quality: 100 });
      const result = await service.runOnImage({
        pipelineId: "yolo_only",
        bytes: await image.toBuffer(),
      });
      expect(result.detections.map(({ label }) => label).sort()).toEqual(
        expected.detections.map(({ label }) => label).sort(),
      );
    }
  });
});

Deno.test("sessions that run at once each get their own image's result", async () => {
  const labels = { "dog.jpg": "bicycle", "person.jpg": "person", "horses.jpg": "horse" };
  await withService({ workers: 2, threads: 1 }, async (service) => {
    const runs = Array.from({ length: 12 }, async (_, index) => {
      const [name = "", label] = Object.entries(labels)[index % 3] ?? [];
      const frame = readFixture(name);
      const { detections } = await service.runOnFrame({
        pipelineId: "yolo_only",
        frameIndex: 1,
        bytes: frame,
        sessionId: `session ${index}`,
      });
      return detections.filter((detection) => detection.label === label).length;
    });
    const counts = await Promise.all(runs);
    expect(counts.every((count, index) => count === counts[index % 3] && count > 0)).toBe(true);
    expect(service.waiting).toBe(0);
  });
});

Deno.test("bytes that are no image fail as such, and the next frame is answered", async () => {
  await withService({}, async (service) => {
    const dog = readFixture("dog.jpg");
    const garbage = dog.slice();
    garbage.fill(0x55, 200, garbage.length - 2);
    for (const bytes of [new Uint8Array(), new Uint8Array(5000), dog.slice(0, 30_000), garbage]) {
      const error = await failureOf(service.runOnImage({ pipelineId: "yolo_only", bytes }));
      expect(error).toBeInstanceOf(ImageDecodeError);
      expect(error.message).toBe("Cannot decode the image");
    }
    expect(await service.checkCanary()).toBe(true);
    expect(service.workers()).toMatchObject([{ alive: true }]);
  });
});

Deno.test("an image of too many pixels is refused", async () => {
  await withService({ maxPixels: 100_000 }, async (service) => {
    const error = await failureOf(
      service.runOnImage({ pipelineId: "yolo_only", bytes: readFixture("dog.jpg") }),
    );
    expect(error).toBeInstanceOf(ImageTooLargeError);
    expect(error.message).toBe("Image of 768x576 pixels exceeds the limit of 100000 pixels");
  });
});

Deno.test("a worker that is ended amid an inference harms nobody else", async () => {
  const restarts: number[] = [];
  const onRestart = ({ worker }: { worker: number }) => restarts.push(worker);
  await withService({ frameTimeoutMs: 2, onRestart }, async (service) => {
    const error = await failureOf(
      service.runOnImage({ pipelineId: "yolo_only", bytes: readFixture("dog.jpg") }),
    );
    expect(error).toBeInstanceOf(PipelineError);
    expect(restarts).toEqual([0]);
    // The replacement is up when it answers; that it, too, is too slow shows that it did.
    const again = await failureOf(
      service.runOnImage({ pipelineId: "yolo_only", bytes: readFixture("dog.jpg") }),
    );
    expect(again).toBeInstanceOf(PipelineError);
    expect(restarts).toEqual([0, 0]);
  });
  await withService({}, async (service) => {
    expect(await service.checkCanary()).toBe(true);
  });
});

Deno.test("the confidence and the input size are taken from the options", async () => {
  const inputSize = { width: 320, height: 256 };
  await withService({ confidence: 0.85, inputSize }, async (service) => {
    const { detections } = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("person.jpg"),
    });
    expect(detections.length).toBeGreaterThan(0);
    expect(detections.every((detection) => detection.confidence >= 0.85)).toBe(true);
    expect(service.getPipeline("yolo_only")?.models[0]?.input_size).toEqual(inputSize);
  });
});

Deno.test("the canary fails while the service is not running", async () => {
  const service = new PipelineService({ modelDir: MODEL_DIR });
  expect(await service.checkCanary()).toBe(false);
  await withService({}, async (running) => {
    expect(await running.checkCanary()).toBe(true);
    running.stop();
    expect(await running.checkCanary()).toBe(false);
  });
});

Deno.test("start is done once, however often it is called, and again after a stop", async () => {
  await ensureModel();
  const service = new PipelineService({ modelDir: MODEL_DIR, workers: 1 });
  await Promise.all([service.start(), service.start()]);
  expect(service.workers()).toHaveLength(1);
  service.stop();
  expect(service.workers()).toEqual([]);
  await service.start();
  expect(await service.checkCanary()).toBe(true);
  service.stop();
});

Deno.test("a stop during the start leaves nothing running", async () => {
  await ensureModel();
  const service = new PipelineService({ modelDir: MODEL_DIR });
  const starting = failureOf(service.start());
  service.stop();
  expect((await starting).message).toContain("stopped");
  expect(service.workers()).toEqual([]);
});

Deno.test("a model that is missing is told before any worker starts", async () => {
  const service = new PipelineService({ modelDir: "/nowhere" });
  await expect(service.start()).rejects.toThrow(ModelNotFoundError);
  expect(service.workers()).toEqual([]);
});

Deno.test("a model can be given by its path", async () => {
  const model = await ensureModel();
  await withService({ model }, async (service) => {
    const info = service.getPipeline("yolo_only");
    expect(info?.models).toMatchObject([{ name: "yolov8n", file: "yolov8n.onnx", licence: null }]);
    expect(await service.checkCanary()).toBe(true);
  });
});

Deno.test("pipelines are listed and described", () => {
  const service = new PipelineService({ modelDir: MODEL_DIR });
  expect(service.registry.list().map(({ id }) => id)).toContain("yolo_only");
  expect(service.isValidPipeline("yolo_only")).toBe(true);
  expect(service.getPipeline("yolo_only")).toMatchObject({
    id: "yolo_only",
    entry_nodes: ["decode"],
    output_nodes: ["output"],
    models: [{ name: "yolov8n", file: "yolov8n.onnx", licence: "AGPL-3.0" }],
  });
});

Deno.test("an unknown pipeline is told apart from one that fails", async () => {
  const service = new PipelineService({ modelDir: MODEL_DIR });
  for (const id of ["", "nope", "__proto__", "constructor"]) {
    expect(service.isValidPipeline(id)).toBe(false);
    expect(service.getPipeline(id)).toBeUndefined();
    expect(await failureOf(service.runOnImage({ pipelineId: id, bytes: new Uint8Array() })))
      .toBeInstanceOf(RangeError);
  }
  const idle = await failureOf(
    service.runOnImage({ pipelineId: "yolo_only", bytes: new Uint8Array() }),
  );
  expect(idle).toBeInstanceOf(PipelineError);
});

Deno.test("options out of range are refused", () => {
  const wrong: Partial<PipelineServiceOptions>[] = [
    { inputSize: { width: 500, height: 384 } },
    { inputSize: { width: 512, height: 0 } },
    { confidence: 1.1 },
    { iou: NaN },
  ];
  for (const options of wrong) {
    expect(() => new PipelineService({ modelDir: MODEL_DIR, ...options })).toThrow(RangeError);
  }
});

Deno.test("the start tries how to spread inference over the cores, unless it is told", async () => {
  await withService({ workers: 2, threads: 1 }, (service) => {
    expect(service.plans).toEqual([{ workers: 2, threads: 1 }]);
    expect(service.workers()).toHaveLength(2);
    return Promise.resolve();
  });
  const service = new PipelineService({ modelDir: MODEL_DIR });
  await service.start();
  const { plans } = service;
  expect(service.workers()).toHaveLength(plans.at(-1)?.workers ?? NaN);
  expect(plans[0]).toHaveProperty("framesPerSecond");
  service.stop();
});

Deno.test("frames may ask for another input of the detector, and get one of their shape", async () => {
  await withService({}, async (service) => {
    const upright = new Uint8Array(
      await sharp(readFixture("dog.jpg")).extract({ left: 100, top: 0, width: 400, height: 576 })
        .jpeg().toBuffer(),
    );
    const run = async (bytes: Uint8Array, quality: Quality) =>
      await service.runOnFrame({
        pipelineId: "yolo_only",
        frameIndex: 1,
        bytes: bytes.slice(),
        sessionId: "a",
        quality,
      });
    for (
      const [bytes, wanted, used] of [
        [readFixture("dog.jpg"), [640, 480], [640, 480]],
        [readFixture("dog.jpg"), [320, 256], [320, 256]],
        [upright, [640, 480], [448, 672]],
        [upright, [320, 256], [224, 352]],
      ] as const
    ) {
      const [width, height] = wanted;
      const result = await run(bytes, { level: 1, width, height });
      expect(result.quality).toEqual({ level: 1, width: used[0], height: used[1] });
      expect(result.detections.map(({ label }) => label)).toContain("dog");
    }
  });
});

Deno.test("an input that is set is used for frames of every shape", async () => {
  const inputSize = { width: 320, height: 256 };
  await withService({ inputSize }, async (service) => {
    const bytes = new Uint8Array(
      await sharp(readFixture("dog.jpg")).rotate(90).jpeg().toBuffer(),
    );
    const quality = { level: 0, ...inputSize };
    const frame = { pipelineId: "yolo_only", frameIndex: 1, bytes, sessionId: "a", quality };
    expect((await service.runOnFrame(frame)).quality).toEqual(quality);
  });
});

const LINES = ["Hello World 2026", "INVOICE No. 48213-B", "Gate 12 → Platform C"];

Deno.test("yolo_ocr reads an image's text and finds its objects", async () => {
  await withService({}, async (service) => {
    const text = await service.runOnImage({
      pipelineId: "yolo_ocr",
      bytes: readFixture("text.jpg"),
    });
    expect(text.text_blocks.map((block) => block.text)).toEqual(LINES);
    expect(text.text).toBe(LINES.join("\n"));
    expect(text.text_frame_index).toBe(1);
    expect(text.timings_ms.ocr).toBeGreaterThan(0);
    expect(text.models).toEqual({ detector: "yolov8n", recognizer: "PP-OCRv6_small" });
    const dog = await service.runOnImage({ pipelineId: "yolo_ocr", bytes: readFixture("dog.jpg") });
    expect(dog.detections.map((detection) => detection.label)).toContain("dog");
  });
});

Deno.test("ocr_only reads and looks for no objects", async () => {
  await withService({}, async (service) => {
    const result = await service.runOnImage({
      pipelineId: "ocr_only",
      bytes: readFixture("text.jpg"),
    });
    expect(result.text).toBe(LINES.join("\n"));
    expect(result.detections).toEqual([]);
    expect(result.models).toEqual({ detector: null, recognizer: "PP-OCRv6_small" });
  });
});

Deno.test("a stream's text follows its detections, settles, and tells its frame", async () => {
  await withService({ ocrIntervalMs: 0 }, async (service) => {
    let result = await service.runOnFrame({
      pipelineId: "yolo_ocr",
      frameIndex: 1,
      bytes: readFixture("text.jpg"),
      sessionId: "a",
    });
    expect(result.text_frame_index).toBeNull();
    const isSettled = () =>
      result.text_blocks.length === 3 && result.text_blocks.every(({ stable }) => stable);
    for (let index = 2; !isSettled(); index++) {
      result = await service.runOnFrame({
        pipelineId: "yolo_ocr",
        frameIndex: index,
        bytes: readFixture("text.jpg"),
        sessionId: "a",
      });
      expect(result.text_frame_index ?? 0).toBeLessThanOrEqual(index);
    }
    expect(result.text).toBe(LINES.join("\n"));
    service.endSession("a");
    const anew = await service.runOnFrame({
      pipelineId: "yolo_ocr",
      frameIndex: 1,
      bytes: readFixture("text.jpg"),
      sessionId: "a",
    });
    expect(anew.text_frame_index).toBeNull();
  });
});

Deno.test("objects keep their track from frame to frame, unless tracking is off", async () => {
  await withService({}, async (service) => {
    const tracksOf = async (session: string) => {
      const bytes = readFixture("dog.jpg");
      const { detections } = await service.runOnFrame({
        pipelineId: "yolo_only",
        frameIndex: 1,
        bytes,
        sessionId: session,
      });
      return detections.map(({ label, track_id }) => `${label} ${track_id}`);
    };
    const first = await tracksOf("a");
    expect(new Set(first).size).toBe(first.length);
    expect(await tracksOf("a")).toEqual(first);
    expect(await tracksOf("b")).toEqual(first);
  });
  await withService({ tracking: false }, async (service) => {
    const { detections } = await service.runOnFrame({
      pipelineId: "yolo_only",
      frameIndex: 1,
      bytes: readFixture("dog.jpg"),
      sessionId: "a",
    });
    expect(detections[0]).not.toHaveProperty("track_id");
  });
});

Deno.test("objects of a stream are followed by the time at which their frames arrived", async () => {
  await withService({}, async (service) => {
    const dogAt = async (arrivedMs: number) => {
      const bytes = readFixture("dog.jpg");
      const { detections } = await service.runOnFrame({
        pipelineId: "yolo_only",
        frameIndex: 1,
        bytes,
        sessionId: "a",
        arrivedMs,
      });
      return detections.filter(({ label }) => label === "dog").map(({ track_id }) => track_id);
    };
    const [first] = await dogAt(1_000_000);
    expect(await dogAt(1_001_400)).toEqual([first]);
    // All are answered within a moment, but by their arrival the dog was away for long.
    expect(await dogAt(1_009_000)).toEqual([undefined]);
    const [second] = await dogAt(1_009_100);
    expect(second).toBeGreaterThan(first ?? Infinity);
  });
});

Deno.test("objects of a video are followed by its own clock", async () => {
  await withService({}, async (service) => {
    const result = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("dog.jpg"),
    });
    result.detections = result.detections.filter(({ label }) => label === "dog");
    const trackAt = (timestampMs: number) => {
      service.follow({ pipelineId: "yolo_only", sessionId: "video", result, timestampMs });
      return result.detections.map(({ track_id }) => track_id);
    };
    expect(trackAt(0)).toEqual([1]);
    expect(trackAt(1000)).toEqual([1]);
    // By then it counts as gone, and a new one counts once it is seen again.
    expect(trackAt(10_000)).toEqual([undefined]);
    expect(trackAt(10_100)).toEqual([2]);
    service.endSession("video");
    expect(trackAt(0)).toEqual([1]);
  });
});

Deno.test("pixels are looked at as encoded images are", async () => {
  await withService({}, async (service) => {
    const { data, info } = await sharp(readFixture("dog.jpg")).raw().toBuffer({
      resolveWithObject: true,
    });
    const image = { pixels: new Uint8Array(data), width: info.width, height: info.height };
    const ofPixels = await service.runOnPixels({
      pipelineId: "yolo_only",
      sessionId: "video",
      frameIndex: 0,
      image,
    });
    const ofFile = await service.runOnImage({
      pipelineId: "yolo_only",
      bytes: readFixture("dog.jpg"),
    });
    const labels = ({ detections }: typeof ofFile) => detections.map(({ label }) => label);
    expect(labels(ofPixels)).toEqual(labels(ofFile));
    expect(ofPixels.image).toEqual({ width: 768, height: 576 });
  });
});

Deno.test("a frame that is no JPEG keeps no other stream from reading", async () => {
  await withService({}, async (service) => {
    const frame = { pipelineId: "ocr_only", frameIndex: 1 };
    const bytes = new Uint8Array(5000).fill(7);
    const refused = await failureOf(service.runOnFrame({ ...frame, sessionId: "bad", bytes }));
    expect(refused).toBeInstanceOf(ImageDecodeError);
    const deadline = performance.now() + 30_000;
    let text = "";
    while (text === "" && performance.now() < deadline) {
      const good = { ...frame, sessionId: "good", bytes: readFixture("text.jpg") };
      ({ text } = await service.runOnFrame(good));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(text).toMatch(/hello/i);
  });
});
