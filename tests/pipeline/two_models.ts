/** A folder of models and pipelines in which a second detector looks inside what the first has found. */

import { basename, join } from "node:path";
import { COCO_LABELS } from "../../lib/detection/coco_labels.ts";
import { MODELS } from "../../lib/models/model_catalog.ts";
import { ensureModel, MODEL_DIR } from "./models.ts";

/** The second model's name for what the first calls by `label`. */
export function innerLabel(label: string): string {
  return `inner ${label}`;
}

/** Folders that are removed at the end. */
export interface TwoModels extends AsyncDisposable {
  modelDir: string;
  pipelineDir: string;
}

/**
 * Makes them: the second model, `inner`, is the first with other names of its classes.
 *
 * @param model What the node `inside` names
 */
export async function twoModels(model = "inner"): Promise<TwoModels> {
  const source = await ensureModel();
  const root = await Deno.makeTempDir();
  const modelDir = join(root, "models");
  const pipelineDir = join(root, "pipelines");
  await Deno.mkdir(modelDir);
  await Deno.mkdir(pipelineDir);
  for (const { file } of MODELS) {
    const isThere = await Deno.stat(join(MODEL_DIR, file)).then(() => true, () => false);
    if (isThere) await Deno.symlink(join(MODEL_DIR, file), join(modelDir, basename(file)));
  }
  await Deno.copyFile(source, join(modelDir, "inner.onnx"));
  const names = COCO_LABELS.map(innerLabel);
  await Deno.writeTextFile(join(modelDir, "inner.onnx.json"), JSON.stringify({ names }));
  await Deno.writeTextFile(
    join(pipelineDir, "inside.json"),
    JSON.stringify({
      id: "inside",
      name: "Inside vehicles",
      description: "Finds vehicles, and looks inside them with a second model",
      nodes: [
        { id: "decode", step: "decode" },
        { id: "vehicles", step: "detect", params: { classes: ["car", "bicycle", "dog"] } },
        { id: "inside", step: "detect", params: { model } },
        { id: "output", step: "result" },
      ],
      edges: [
        { from: "decode", to: "vehicles" },
        { from: "decode", to: "inside" },
        { from: "vehicles", to: "inside" },
        { from: "decode", to: "output" },
        { from: "vehicles", to: "output" },
        { from: "inside", to: "output" },
      ],
    }),
  );
  return {
    modelDir,
    pipelineDir,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}
