/** The exports that are refused, with what is said of each. @module */

import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";
import {
  coloursLastExport,
  languageExport,
  ssdExport,
  suppressedRowsExport,
  tableExport,
} from "./foreign_exports.ts";
import { classifierExport, partedExport, undecodedExport } from "./other_exports.ts";
import { yolov8Export } from "./yolov8_exports.ts";

/** An export that is refused. */
export interface RefusedRow {
  name: string;
  build: () => OnnxModel;
  /** What is said of it, after "Cannot use the model FILE: ". */
  because: string;
}

const WORKS = "exports of YOLOv5 to YOLO26, YOLOX, RT-DETR, D-FINE and RF-DETR work";
const TASKS = "an export for detection, segmentation, pose or oriented boxes works";

/** What is refused. */
export const REFUSED: readonly RefusedRow[] = [
  {
    name: "classifier, where objects are to be found",
    build: () => classifierExport({ task: "classify", names: "{0: 'x'}" }),
    because: `it is a classifier, which finds no objects; ${TASKS}`,
  },
  {
    name: "classifier, without a note of its task",
    build: () => classifierExport({}),
    because:
      'its output output0 [1, 4] may be scores of classes; a classifier whose task is "classify", in its metadata or in a .json beside it, works',
  },
  {
    name: "oriented boxes, without a note of their task",
    build: () => yolov8Export({ extra: "angle", metadata: { task: "" } }),
    because:
      'it turns its boxes, but does not say so; one whose task is "obb", in its metadata or in a .json beside it, works',
  },
  {
    name: "another task",
    build: () => yolov8Export({ metadata: { task: "depth" } }),
    because: `it is a network for the task "depth"; ${TASKS}`,
  },
  {
    name: "names of other classes",
    build: () => yolov8Export({ metadata: { names: "['a', 'b', 'c', 'd', 'e']" } }),
    because:
      "it names 5 classes, but its outputs have 3; an export with the names that it was trained with works",
  },
  {
    name: "names that cannot be read",
    build: () => yolov8Export({ metadata: { names: "{0: person" } }),
    because: `its class names cannot be read: "{0: person"; write them as {0: 'person', 1: 'dog'}`,
  },
  {
    name: "NanoDet and other heads whose outputs are not decoded",
    build: undecodedExport,
    because: `its outputs have unknown shapes: output0 [1, 126, 112]; ${WORKS}`,
  },
  {
    name: "YOLO-NAS",
    build: partedExport,
    because:
      `its outputs have unknown shapes for the 3 classes that it names: boxes [1, 126, 4]; scores [1, 126, 3]; ${WORKS}`,
  },
  {
    name: "PP-YOLOE",
    build: () => tableExport("boxes apart"),
    because: `its outputs have unknown shapes: boxes [1, 126, 4]; scores [1, 80, 126]; ${WORKS}`,
  },
  {
    name: "SSD and others with anchors",
    build: () => ssdExport(1600),
    because: `its outputs have unknown shapes: scores [1, 1600, 3]; boxes [1, 1600, 4]; ${WORKS}`,
  },
  {
    name: "SSD, the best of its boxes",
    build: () => ssdExport(200),
    because:
      "its boxes look like two corners, which are not read in outputs of this shape; boxes of a centre and two sides work",
  },
  {
    name: "YOLO with corners in place of centres and sides",
    build: () => tableExport("corners"),
    because:
      "its boxes look like two corners, which are not read in outputs of this shape; boxes of a centre and two sides work",
  },
  {
    name: "YOLO with boxes in shares of the image",
    build: () => tableExport("shares"),
    because:
      "its boxes look like shares of the image, which are not read in outputs of this shape; boxes in pixels work",
  },
  {
    name: "YOLO with logits in place of scores",
    build: () => tableExport("logits"),
    because:
      "its scores reach -0.8, so its outputs are not what they look like; scores between 0 and 1 work",
  },
  {
    name: "YOLOv7 with suppression (`--end2end`)",
    build: suppressedRowsExport,
    because:
      "its outputs have unknown shapes for the 3 classes that it names: output [-1, 7]; they are what suppression in the graph has left; an export without it (nms=False, or without --end2end) works",
  },
  {
    name: "TensorFlow, colours last",
    build: coloursLastExport,
    because: "its input is images [1, -1, -1, 3]; an export that takes [1, 3, height, width] works",
  },
  {
    name: "language models, CLIP and others with further inputs",
    build: languageExport,
    because:
      "its inputs are input_ids [-1, -1]; an export that takes one image, [1, 3, height, width], works",
  },
];
