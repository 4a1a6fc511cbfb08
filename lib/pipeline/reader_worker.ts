/**
 * A Web Worker that reads the text in images, one at a time, at a low priority.
 *
 * @module
 */

import { describeImageError } from "./describe_image_error.ts";
import { setPriority } from "node:os";
import { cropBox } from "../image/crop_box.ts";
import { FrameDecoder } from "../image/frame_decoder.ts";
import { type Quadrilateral, quadrilateralOverlap } from "../ocr/geometry.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import { misplaced, nodeLookup, runNodes } from "./run_nodes.ts";
import type { ReadLine } from "./step.ts";
import { isReadable } from "../ocr/decode_ctc.ts";
import { isLikelyText } from "../ocr/giant_lines.ts";
import { loadTextModel } from "../models/load_text_model.ts";
import { orderLines } from "../ocr/order_lines.ts";
import { StillImage } from "../ocr/still_image.ts";
import { TextReader, toTextBlock } from "../ocr/text_reader.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { LineTracker } from "../ocr/line_tracker.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import type { ReaderSetup, ReadTask, SegmentOutcome } from "./worker_tasks.ts";

/**
 * A priority at which the scheduler gives a thread a tenth of a core that others want too.
 *
 * A lower one would delay detection less, but then other programs could keep reading from finishing in time.
 */
const LOW_PRIORITY = 10;
/** Pixels around a region that are looked at too, since a line that touches the edge is found less well. */
const REGION_MARGIN = 8;
/** Overlap (intersection over union) above which two lines are one. */
const SAME_LINE = 0.5;

/** What is known of a stream, for one of its nodes that read. */
interface StreamMemory {
  /** Of the lines, once they are found. */
  tracker: LineTracker;
  /** Of where they are. */
  still: StillImage;
}

/** Lets detection go first: reading takes what it leaves of the cores. */
function yieldToOthers(): void {
  // On Linux a priority is that of a thread, and the threads that it starts inherit it; elsewhere it would be that of
  // the whole process.
  if (Deno.build.os === "linux") setPriority(0, LOW_PRIORITY);
}

/** Finds lines in the whole image, or within regions of it; the corners are pixels of the image. */
async function findLines(
  reader: TextReader,
  image: PixelImage,
  regions: readonly BoundingBox[] | undefined,
  still: StillImage | undefined,
): Promise<{ polygon: Quadrilateral; region?: BoundingBox }[]> {
  if (regions === undefined) {
    const search = (image: PixelImage) => reader.findLines(image);
    return await (still?.findLines(image, search) ?? search(image));
  }
  const found: { polygon: Quadrilateral; region: BoundingBox }[] = [];
  for (const region of regions) {
    const crop = cropBox(image, region, REGION_MARGIN);
    if (crop === undefined) continue;
    for (const { polygon } of await reader.findLines(crop.image, image)) {
      const moved = polygon.map(([x, y]) => [x + crop.left, y + crop.top]);
      found.push({ polygon: moved as Quadrilateral, region });
    }
  }
  return found.filter(({ polygon }, index) =>
    // What lies in two regions belongs to the first, that of the higher confidence.
    !found.slice(0, index).some((other) => quadrilateralOverlap(other.polygon, polygon) > SAME_LINE)
  );
}

/** Reads an image; of a stream only the lines that have changed since its last image. */
async function readLines(
  reader: TextReader,
  image: PixelImage,
  regions: readonly BoundingBox[] | undefined,
  memory: StreamMemory | undefined,
): Promise<ReadLine[]> {
  const { tracker, still } = memory ?? {};
  const found = await findLines(reader, image, regions, still);
  const polygons = found.map(({ polygon }) => polygon);
  const lines = tracker === undefined ? await reader.recognize(image, polygons) : tracker.settle(
    image,
    await reader.recognize(image, tracker.look(image, polygons), tracker.readings),
  );
  const likely = lines.filter((line) => isReadable(line) && isLikelyText(line, image));
  return orderLines(likely).map((line) => {
    const region = regions && regionOf(line.polygon, found);
    return {
      ...toTextBlock(line, image),
      ...("stable" in line && { stable: line.stable }),
      ...(region !== undefined && { region }),
    };
  });
}

/** The region that a line was found in; its corners may begin at another one, where its text does. */
function regionOf(
  polygon: Quadrilateral,
  found: readonly { polygon: Quadrilateral; region?: BoundingBox }[],
): BoundingBox | undefined {
  return found.find((each) => quadrilateralOverlap(each.polygon, polygon) > SAME_LINE)?.region;
}

runWorkerLoop<ReaderSetup, ReadTask, SegmentOutcome>(async (setup) => {
  yieldToOthers();
  const nodesFor = nodeLookup(setup.pipelines);
  const { modelDir, model, precision, threads } = setup;
  const models = await loadTextModel(modelDir, model, precision);
  const reader = await TextReader.create({ ...models, threads });
  return {
    async run({ pipelineId, nodes, given, image, upright, memory }) {
      using frame = new FrameDecoder(image, {
        maxPixels: setup.maxPixels,
        upright,
        needsPixels: true,
      });
      const stream = memory &&
        { tracker: new LineTracker(memory.lines), still: new StillImage(memory.searched) };
      const read = async (regions?: readonly BoundingBox[]) =>
        await readLines(reader, await frame.pixels(), regions, stream);
      const outcome = await runNodes(nodesFor(pipelineId, nodes), given, frame, (node, inputs) => {
        if (node.step.runsOn !== "reading") throw misplaced(node);
        return node.step.run(inputs, node.params, { frame, read });
      });
      if (stream === undefined) return outcome;
      const { tracker: { known: lines }, still: { searched } } = stream;
      return { ...outcome, memory: { lines, searched } };
    },
    release: () => reader.release(),
  };
}, describeImageError);
