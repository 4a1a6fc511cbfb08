/**
 * The steps that pipelines are made of: what each takes, gives and does.
 *
 * A new step is a new entry of {@linkcode STEPS}.
 *
 * @module
 */

import { boxArea } from "../image/boxes.ts";
import { parseGrid, type TileGrid } from "../image/tile_grid.ts";
import type { Detection } from "../protocol/detection.ts";
import { assignClasses } from "./assign_classes.ts";
import { assignText } from "./assign_text.ts";
import type { ClassifiedRegion, Step, StepParams } from "./step.ts";
import { flag, grid, model, names, share } from "./step_params.ts";

/** The step whose value is the pipeline's result; each pipeline has one node of it. */
export const RESULT_STEP = "result";

/** Most regions of an image that a step looks at, so that none takes too long; those of the highest confidence. */
const MOST_REGIONS = 16;

const CLASSES = names("Classes to keep, by their names in the model; all by default");
const CONFIDENCE = share(
  "Confidence that a detection has to exceed; has an effect above YOLO_CONFIDENCE only, which is the default",
);

const ALL_STEPS: Record<string, Step> = {
  decode: {
    description: "The image itself. It is decoded once on each worker that needs it.",
    runsOn: "anywhere",
    accepts: {},
    produces: "image",
    params: {},
    stage: "decode",
  },
  detect: {
    description: "Finds objects, in the image or in the boxes of detections.",
    runsOn: "detection",
    accepts: { image: "required", detections: "optional" },
    produces: "detections",
    params: {
      agnostic: flag(
        "Whether an object that looks like two classes counts as the likelier one",
        true,
      ),
      classes: CLASSES,
      confidence: CONFIDENCE,
      iou: share(
        "Overlap above which the weaker of two boxes of one class goes; by default YOLO_IOU",
      ),
      tiles: grid(
        "Columns and rows of tiles, each looked at like an image of its own beside the whole, for small objects; none by default",
      ),
      model: model("Name of the model, one of GET /models; by default YOLO_MODEL"),
    },
    stage: "detect",
    async run({ detections }, params, { frame, detectorFor }) {
      const detector = await detectorFor(modelOf(params));
      const tiles = gridOf(params);
      if (detections === undefined && tiles === undefined) {
        return await detector.detect(
          await frame.letterbox(detector.input, detector.pixels, detector.fit),
          params,
        );
      }
      const regions = detections?.slice(0, mostRegions(tiles)).map(({ bbox }) => bbox);
      // Here, so that the main thread, which only looks steps up, loads nothing that decodes images.
      const { detectInParts } = await import("../detection/detect_in_tiles.ts");
      return await detectInParts(await frame.pixels(), { regions, tiles }, detector, params);
    },
  },
  classify: {
    description: "Tells what the image, or each box of detections, shows as a whole.",
    runsOn: "detection",
    accepts: { image: "required", detections: "optional" },
    produces: "classes",
    params: {
      model: model("Name or path of the classifier; by default YOLO_MODEL, if that is one"),
    },
    stage: "detect",
    async run({ detections }, params, { frame, classifierFor }) {
      const classifier = await classifierFor(modelOf(params));
      if (detections === undefined) {
        await frame.letterbox(classifier.input, classifier.pixels, classifier.fit);
        return [{ classes: await classifier.classify() }];
      }
      const found: ClassifiedRegion[] = [];
      for (const { bbox } of detections.slice(0, MOST_REGIONS)) {
        const classes = await classifier.classifyRegion(await frame.pixels(), bbox);
        found.push({ region: bbox, classes });
      }
      return found;
    },
  },
  read: {
    description: "Reads text, in the image or in the boxes of detections.",
    runsOn: "reading",
    accepts: { image: "required", detections: "optional" },
    produces: "lines",
    params: {},
    stage: "ocr",
    run: ({ detections }, _, { read }) =>
      read(detections?.slice(0, MOST_REGIONS).map(({ bbox }) => bbox)),
  },
  filter: {
    description: "Keeps some of the detections.",
    runsOn: "main",
    accepts: { image: "required", detections: "required" },
    produces: "detections",
    params: {
      classes: CLASSES,
      confidence: share("Confidence that a detection has to exceed"),
      area: share("Least area of a box, as a share of the image's"),
    },
    run: ({ image, detections = [] }, params) => {
      const imageArea = image === undefined ? 1 : image.width * image.height;
      return detections.filter((each) => isKept(each, params, imageArea));
    },
  },
  track: {
    description:
      "Follows objects from one image of a stream or video to the next, and gives them a track_id.",
    runsOn: "main",
    accepts: { detections: "required" },
    produces: "detections",
    params: {},
    run: ({ detections = [] }, _, { track, nodeId, size }) => track(nodeId, detections, size),
  },
  [RESULT_STEP]: {
    description: "What the pipeline gives. It takes the detections of several nodes as one list.",
    runsOn: "main",
    accepts: {
      image: "required",
      detections: "optional",
      lines: "optional",
      classes: "optional",
    },
    produces: "findings",
    params: {},
    run: ({ image = { width: 0, height: 0 }, detections = [], lines = [], classes = [] }) => {
      const sorted = detections.toSorted((a, b) => b.confidence - a.confidence);
      const whole = classes.find(({ region }) => region === undefined);
      return {
        image,
        detections: assignClasses(assignText(sorted, lines), classes),
        textBlocks: lines.map(({ region: _, ...line }) => line),
        ...(whole && { classes: whole.classes }),
      };
    },
  },
};

/** The tiles that a node looks at; `undefined` where it looks at none. */
export function gridOf({ tiles }: StepParams): TileGrid | undefined {
  return parseGrid(tiles);
}

/** So that tiles in regions do not take longer than regions alone may. */
function mostRegions(tiles: TileGrid | undefined): number {
  if (tiles === undefined) return MOST_REGIONS;
  return Math.max(1, Math.floor(MOST_REGIONS / (1 + tiles.columns * tiles.rows)));
}

/** The model that a node names; `undefined` where it names none. */
export function modelOf({ model }: StepParams): string | undefined {
  return typeof model === "string" ? model : undefined;
}

function isKept(
  { label, confidence, bbox }: Detection,
  params: StepParams,
  imageArea: number,
): boolean {
  const { classes, confidence: least = 0, area = 0 } = params as FilterParams;
  return (classes?.includes(label) ?? true) && confidence > least &&
    boxArea(bbox) >= area * imageArea;
}

/** The parameters of `filter`, as its schemas have them. */
interface FilterParams {
  classes?: string[];
  confidence?: number;
  area?: number;
}

/** Every step by its name. */
export const STEPS: ReadonlyMap<string, Step> = new Map(Object.entries(ALL_STEPS));
