/** Runs a detector once before it is relied on. @module */

import { decodeYolo } from "../detection/decode_yolo.ts";
import { LETTERBOX_GREY } from "../image/letterbox.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { cannotRun } from "./ask_shapes.ts";
import { refuseValues } from "./refuse_values.ts";

/**
 * Makes sure that a specialized graph runs, and that what comes out can be what its layout says.
 *
 * @throws {UnknownHeadError} If it does not, or cannot be.
 */
export async function tryDetector(graph: Uint8Array, layout: DetectorLayout): Promise<void> {
  const { width, height } = layout.input;
  const pixels = new Uint8Array(width * height * 3).fill(LETTERBOX_GREY);
  let session: InferenceSession | undefined;
  let fetched: Record<string, Tensor>;
  try {
    session = await InferenceSession.create(graph, sessionSettings(1));
    const feed = new Tensor("uint8", pixels, [1, height, width, 3]);
    fetched = await session.run({ [session.inputNames[0] ?? ""]: feed }) as Record<string, Tensor>;
  } catch (cause) {
    throw cannotRun(cause);
  } finally {
    await session?.release();
  }
  checkExtras(layout, (name) => fetched[name]?.dims ?? []);
  // Logits become probabilities here, whatever they are.
  if (layout.kind === "dfl") return;
  const outputs = layout.outputs.flatMap((name) => {
    const tensor = fetched[name];
    return tensor === undefined ? [] : [{ data: tensor.data as Float32Array, dims: tensor.dims }];
  });
  refuseValues(decodeYolo(outputs, layout, -Infinity), layout);
}

/** Makes sure that what is read beside the boxes is as long as it is said to be. */
function checkExtras(
  { kind, outputs, extras }: DetectorLayout,
  dimsOf: (name: string) => readonly number[],
): void {
  if (extras === undefined) return;
  const expected: [name: string, cells?: number][] = [];
  if (extras.kind === "masks") expected.push([extras.prototypes]);
  if (kind === "dfl") {
    const grids = outputs.slice(0, extras.kind === "masks" ? -2 : -1);
    const cells = grids.filter((_, index) => index % 2 === 1).map((name) => {
      const [, , rows = 0, columns = 0] = dimsOf(name);
      return rows * columns;
    });
    expected.push([outputs[grids.length] ?? "", cells.reduce((sum, each) => sum + each, 0)]);
  }
  for (const [name, cells] of expected) {
    const dims = dimsOf(name);
    if (dims[1] === extras.length && (cells ?? dims[2]) === dims[2]) continue;
    throw new UnknownHeadError(
      `its ${extras.kind} [${
        dims.join(", ")
      }] do not belong to its boxes; an export as Ultralytics writes it works`,
    );
  }
}
