import { expect } from "expect";
import sharp from "sharp";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { JobRunner } from "../../lib/video/jobs/job_runner.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import type { VideoFrameProcessor } from "../../lib/video/video_frame_processor.ts";
import { ensureModel, MODEL_DIR, REFERENCE } from "../pipeline/models.ts";
import { DOG_VIDEO } from "./media.ts";
import { storedResults } from "./results.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { waitFor } from "./wait_for.ts";

Deno.test({
  name: "a video of dog.jpg gets the detections of dog.jpg in every frame",
  async fn() {
    await ensureModel();
    const service = new PipelineService({ modelDir: MODEL_DIR, workers: 1, threads: 2 });
    await service.start();
    try {
      await using directory = await temporaryDirectory();
      await using store = await JobStore.open({ dataDirectory: directory.path });
      using place = store.reserve();
      const { id } = place;
      await Deno.copyFile(DOG_VIDEO, store.files.path(id));
      await using runner = new JobRunner(store, new JpegProcessor(service), {
        frameSize: () => ({ width: 512, height: 384 }),
      });
      runner.start();
      const job = { pipelineId: "yolo_only", fileName: "dog.mp4", fileBytes: 1 };
      await store.create(job, place);
      await waitFor(() => store.get(id).finishedAt !== null);
      expect(store.get(id)).toMatchObject({ status: "completed", error: null });

      const results = await storedResults(store, id);
      expect(results.length).toBe(10);
      for (const { result } of results) {
        expect(result.image).toEqual({ width: 640, height: 480 });
        for (const { label, bbox } of REFERENCE["dog.jpg"]?.slice(0, 2) ?? []) {
          const found = result.detections.find((detection) => detection.label === label);
          // The image of 768×576 is shown at 640×480.
          const expected = bbox.map((value) => value * 640 / 768) as BoundingBox;
          expect(found && overlap(found.bbox, expected)).toBeGreaterThan(0.8);
        }
      }
    } finally {
      await service.stop();
    }
  },
});

/** Gives a pipeline that takes JPEG the raw pixels of a video. */
class JpegProcessor implements VideoFrameProcessor {
  readonly #service: PipelineService;

  constructor(service: PipelineService) {
    this.#service = service;
  }

  async runOnPixels(
    ...[pipelineId, jobId, frameIndex, { data, width, height }]: Parameters<
      VideoFrameProcessor["runOnPixels"]
    >
  ) {
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } }).jpeg().toBuffer();
    return await this.#service.runOnFrame({
      pipelineId,
      frameIndex,
      bytes: new Uint8Array(jpeg),
      sessionId: jobId,
    });
  }
}

/** Share of the area of two boxes together that they have in common. */
function overlap([x1, y1, w1, h1]: BoundingBox, [x2, y2, w2, h2]: BoundingBox): number {
  const width = Math.min(x1 + w1, x2 + w2) - Math.max(x1, x2);
  const height = Math.min(y1 + h1, y2 + h2) - Math.max(y1, y2);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (w1 * h1 + w2 * h2 - common);
}
