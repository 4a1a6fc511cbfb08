/** The exports that are read, with what is right for each. @module */

import type { HeadKind } from "../../../lib/onnx/detector_layout.ts";
import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";
import { toFloat16 } from "./float16_exports.ts";
import { detrExport, yolov5Export, yoloxExport } from "./other_exports.ts";
import type { PlainKind } from "./plain_decode.ts";
import { yolov8Export } from "./yolov8_exports.ts";

/** An export that is read. */
export interface ReadRow {
  /** For people, as in docs/pipelines.md. */
  name: string;
  build: () => OnnxModel;
  kind: HeadKind;
  /** How its own outputs are to be read. */
  plain: PlainKind;
  /** What the image is fed as; by default red, green, blue from 0 to 1. */
  colours?: "bgr" | "imagenet";
  /** Whether the network gives each object once. */
  suppressed?: boolean;
  classes?: number;
  /** Input that is asked for, where it is not the export's 96x64. */
  size?: { width: number; height: number };
  /** Input that is right for it. */
  input?: { width: number; height: number };
  /** Images that the export takes at once. */
  batch?: number;
  /** How near boxes and scores have to be, where the plain run rounds what ours does not. */
  near?: { pixels: number; score: number; isAnyClass?: boolean };
  /** The same network, where onnxruntime cannot be fed the export itself from here. */
  compared?: () => OnnxModel;
}

/** What rounding to 16 bits makes of a box. */
const HALF = { pixels: 1, score: 0.005 };
/** What rounding logits and bins to 1/16 makes of a box; two classes may become equal. */
const EIGHT_BITS = { pixels: 2, score: 0.02, isAnyClass: true };
const OPEN = { width: 0, height: 0 };
const LARGER = { width: 160, height: 128 };
const fast = { kind: "dfl", plain: "columns" } as const;

const SETS = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21];

/** What is read. */
export const READ: readonly ReadRow[] = [
  ...(["8.3", "8.4"] as const).flatMap((version): ReadRow[] => [
    {
      ...fast,
      name: `Ultralytics ${version}, detection`,
      build: () => yolov8Export({ version }),
      size: LARGER,
      input: LARGER,
    },
    {
      ...{ ...fast, name: `Ultralytics ${version}, dynamic axes`, size: LARGER, input: LARGER },
      build: () => yolov8Export({ version, size: OPEN, batch: 0 }),
    },
    {
      ...{ ...fast, name: `Ultralytics ${version}, batch of 2`, batch: 2 },
      build: () => yolov8Export({ version, batch: 2 }),
    },
    {
      ...{
        ...fast,
        name: `Ultralytics ${version}, with suppression (nms=True)`,
        plain: "final" as const,
      },
      build: () => yolov8Export({ version, end: "suppressed" }),
    },
    {
      ...{
        ...fast,
        name: `Ultralytics ${version}, NMS-free (${
          version === "8.3" ? "YOLOv10" : "YOLOv10, YOLO26"
        })`,
        plain: "final" as const,
        suppressed: true,
      },
      build: () => yolov8Export({ version, end: "one to one", bins: version === "8.4" ? 1 : 16 }),
    },
    {
      ...{ ...fast, name: `Ultralytics ${version}, segmentation` },
      build: () => yolov8Export({ version, extra: "masks", metadata: { task: "segment" } }),
    },
    {
      ...{ ...fast, name: `Ultralytics ${version}, pose` },
      build: () =>
        yolov8Export({
          version,
          extra: "keypoints",
          metadata: { task: "pose", kpt_shape: "[2, 3]" },
        }),
    },
    {
      name: `Ultralytics ${version}, oriented boxes`,
      kind: "yolov8",
      plain: "turned columns",
      build: () => yolov8Export({ version, extra: "angle", metadata: { task: "obb" } }),
    },
  ]),
  {
    ...fast,
    name: "YOLO11 and YOLO12 (attention): the size of the export",
    build: () => yolov8Export({ attention: true }),
    size: LARGER,
    input: { width: 96, height: 64 },
  },
  {
    ...fast,
    name: "YOLO11 and YOLO12, batch of 2",
    build: () => yolov8Export({ attention: true, batch: 2 }),
    batch: 2,
  },
  { ...fast, name: "YOLO26 without its NMS-free head", build: () => yolov8Export({ bins: 1 }) },
  {
    ...fast,
    name: "head with a finer grid (p2)",
    build: () => yolov8Export({ strides: [4, 8, 16, 32] }),
    size: LARGER,
    input: LARGER,
  },
  {
    ...{ ...fast, name: "head with a coarser grid (p6)", size: { width: 150, height: 100 } },
    ...{
      build: () => yolov8Export({ strides: [8, 16, 32, 64], size: { width: 192, height: 128 } }),
      input: { width: 192, height: 128 },
    },
  },
  { ...fast, name: "one class", build: () => yolov8Export({ classes: 1 }), classes: 1 },
  { ...fast, name: "two classes", build: () => yolov8Export({ classes: 2 }), classes: 2 },
  { ...fast, name: "1,000 classes", build: () => yolov8Export({ classes: 1000 }), classes: 1000 },
  ...SETS.map((operatorSet): ReadRow => ({
    ...{ ...fast, name: `operator set ${operatorSet}` },
    build: () => yolov8Export({ operatorSet }),
  })),
  {
    ...fast,
    name: "16-bit floats throughout",
    near: HALF,
    compared: () => toFloat16(yolov8Export(), "inside"),
    build: () => toFloat16(yolov8Export(), "throughout"),
  },
  {
    ...fast,
    name: "16-bit floats inside",
    near: HALF,
    build: () => toFloat16(yolov8Export(), "inside"),
  },
  {
    ...{ ...fast, name: "16-bit floats inside, segmentation", near: HALF },
    build: () =>
      toFloat16(yolov8Export({ extra: "masks", metadata: { task: "segment" } }), "inside"),
  },
  {
    ...fast,
    name: "8 bits, QuantizeLinear and DequantizeLinear",
    near: EIGHT_BITS,
    build: () => yolov8Export({ convolutions: "pairs" }),
  },
  {
    name: "8 bits, integer operators",
    kind: "yolov8",
    plain: "columns",
    build: () => yolov8Export({ convolutions: "operators" }),
  },
  {
    name: "8 bits, dynamically quantized",
    kind: "yolov8",
    plain: "columns",
    build: () => yolov8Export({ convolutions: "dynamic" }),
  },
  {
    ...fast,
    name: "transposed output",
    plain: "rows",
    build: () => yolov8Export({ end: "transposed" }),
  },
  {
    ...fast,
    name: "best class of each cell (DeepStream)",
    plain: "final",
    build: () => yolov8Export({ end: "best class" }),
  },
  { name: "YOLOv5", kind: "yolov5", plain: "objectness", build: () => yolov5Export() },
  {
    name: "YOLOv5, dynamic axes",
    kind: "yolov5",
    plain: "objectness",
    build: () => yolov5Export({ width: 0, height: 0 }),
    size: LARGER,
    input: LARGER,
  },
  {
    ...{ name: "YOLOv5 with a coarser grid (p6)", kind: "yolov5", plain: "objectness" },
    ...{
      build: () => yolov5Export({ strides: [8, 16, 32, 64], width: 128, height: 128 }),
      input: { width: 128, height: 128 },
    },
  },
  {
    name: "YOLOv5, segmentation",
    kind: "yolov5",
    plain: "objectness",
    build: () => yolov5Export({ masks: 4 }),
  },
  {
    name: "YOLOX",
    kind: "yolox",
    plain: "grid offsets",
    colours: "bgr",
    classes: 80,
    build: () => yoloxExport(),
  },
  {
    name: "YOLOX, decoded in the graph",
    kind: "yolov5",
    plain: "objectness",
    colours: "bgr",
    classes: 80,
    build: () => yoloxExport({ decoded: true }),
  },
  {
    name: "YOLOX of one class",
    kind: "yolox",
    plain: "grid offsets",
    colours: "bgr",
    classes: 1,
    build: () => yoloxExport({ classes: 1 }),
  },
  {
    name: "YOLOX, dynamic axes",
    kind: "yolox",
    plain: "grid offsets",
    colours: "bgr",
    classes: 80,
    build: () => yoloxExport({ width: 0, height: 0 }),
    size: LARGER,
    input: LARGER,
  },
  {
    name: "RT-DETR",
    kind: "detr",
    plain: "shares",
    suppressed: true,
    build: () => detrExport({ layout: "table" }),
  },
  {
    name: "RT-DETR of two classes",
    kind: "detr",
    plain: "shares",
    suppressed: true,
    classes: 2,
    build: () => detrExport({ layout: "table", classes: 2, metadata: { names: "['a', 'b']" } }),
  },
  {
    name: "RT-DETR of Ultralytics 8.4",
    kind: "detr_end2end",
    plain: "final shares",
    suppressed: true,
    build: () => detrExport({ layout: "final" }),
  },
  {
    name: "D-FINE and RT-DETR of transformers (`logits`, `pred_boxes`)",
    kind: "detr_logits",
    plain: "logits",
    suppressed: true,
    build: () => detrExport({ layout: "logits" }),
  },
  {
    name: "D-FINE and RT-DETR with `labels`, `boxes`, `scores`",
    kind: "detr_labelled",
    plain: "labels",
    suppressed: true,
    build: () => detrExport({ layout: "labelled" }),
  },
  {
    name: "RF-DETR (`dets`, `labels`)",
    kind: "detr_logits",
    plain: "logits",
    colours: "imagenet",
    suppressed: true,
    classes: 91,
    build: () => detrExport({ layout: "dets", classes: 91, metadata: {} }),
  },
];
