import { InferenceSession, Tensor } from "../lib/onnx/onnxruntime.ts";
import sharp from "sharp";

/** Side of the uncut network's input, in pixels. */
const SIDE = 640;
/** Places where the network looks for an object: one for each square of 8, 16 and 32 pixels. */
const CELLS = 80 ** 2 + 40 ** 2 + 20 ** 2;
const CONFIDENCE = 0.25;
const OVERLAP = 0.45;

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  score: number;
  classId: number;
}

/** YOLOv8 as a plain script drives it: whole graph, square input, pixels converted one by one. */
export class PlainDetector {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /**
   * Loads the model file; without settings as a plain script does.
   *
   * @returns `undefined` where the model is not YOLOv8 at 640x640 in float32, as Ultralytics exports it by default
   */
  static async create(
    path: string,
    settings: InferenceSession.SessionOptions = {},
  ): Promise<PlainDetector | undefined> {
    const session = await InferenceSession.create(path, settings);
    const [input] = session.inputMetadata;
    const [output] = session.outputMetadata;
    const isPlain = input?.isTensor && input.type === "float32" && output?.isTensor &&
      `${input.shape}` === `1,3,${SIDE},${SIDE}` && output.shape.length === 3 &&
      output.shape[2] === CELLS && session.outputNames.length === 1;
    return isPlain ? new PlainDetector(session) : undefined;
  }

  /** Finds objects in a JPEG. */
  async detect(
    jpeg: Uint8Array,
  ): Promise<{ boxes: Box[]; timings: { decode: number; detect: number; total: number } }> {
    const started = performance.now();
    const grey = { r: 114, g: 114, b: 114 };
    const pixels = await sharp(jpeg)
      .resize(SIDE, SIDE, { fit: "contain", background: grey })
      .removeAlpha()
      .raw()
      .toBuffer();
    const decoded = performance.now();
    const area = SIDE * SIDE;
    const planes = new Float32Array(3 * area);
    for (let index = 0; index < area; index++) {
      planes[index] = (pixels[index * 3] ?? 0) / 255;
      planes[index + area] = (pixels[index * 3 + 1] ?? 0) / 255;
      planes[index + 2 * area] = (pixels[index * 3 + 2] ?? 0) / 255;
    }
    const input = new Tensor("float32", planes, [1, 3, SIDE, SIDE]);
    const { inputNames: [inputName = ""], outputNames: [outputName = ""] } = this.#session;
    const { [outputName]: output } = await this.#session.run({ [inputName]: input });
    const boxes = suppress(decode(output as Tensor));
    const finished = performance.now();
    return {
      boxes,
      timings: {
        decode: decoded - started,
        detect: finished - decoded,
        total: finished - started,
      },
    };
  }
}

function decode(output: Tensor): Box[] {
  const data = output.data as Float32Array;
  const [, rows = 0, cells = 0] = output.dims;
  const at = (row: number, cell: number) => data[row * cells + cell] ?? 0;
  const boxes: Box[] = [];
  for (let cell = 0; cell < cells; cell++) {
    let classId = 0;
    let score = 0;
    for (let row = 4; row < rows; row++) {
      if (at(row, cell) <= score) continue;
      score = at(row, cell);
      classId = row - 4;
    }
    if (score <= CONFIDENCE) continue;
    const [width, height] = [at(2, cell), at(3, cell)];
    const [x, y] = [at(0, cell) - width / 2, at(1, cell) - height / 2];
    boxes.push({ x, y, width, height, score, classId });
  }
  return boxes;
}

function suppress(boxes: Box[]): Box[] {
  const kept: Box[] = [];
  for (const box of boxes.toSorted((a, b) => b.score - a.score)) {
    const rivals = kept.filter((other) => other.classId === box.classId);
    if (rivals.every((other) => overlap(other, box) <= OVERLAP)) kept.push(box);
  }
  return kept;
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}
