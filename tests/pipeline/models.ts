import { fileURLToPath } from "node:url";
import { findModel } from "../../lib/models/model_catalog.ts";
import { ModelStore } from "../../lib/models/model_store.ts";

/** Folder of the models, shared with a server that is run from the project's folder. */
export const MODEL_DIR = fileURLToPath(new URL("../../models", import.meta.url));

/** Fetches a model where it is missing, and returns its path. */
export async function ensureModel(id = "yolov8n"): Promise<string> {
  const store = new ModelStore(MODEL_DIR);
  const model = findModel(id);
  if (model === undefined) throw new RangeError(`Unknown model "${id}"`);
  await store.fetch([model]);
  return store.path(model);
}

/** Reads an image of `tests/fixtures/`. */
export function readFixture(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

/** The detections that the fixtures' README gives for the uncut network at 640×640. */
export const REFERENCE: Record<
  string,
  { label: string; confidence: number; bbox: [number, number, number, number] }[]
> = {
  "dog.jpg": [
    { label: "dog", confidence: 0.934, bbox: [131, 218, 178, 322] },
    { label: "bicycle", confidence: 0.895, bbox: [132, 132, 436, 287] },
    { label: "car", confidence: 0.633, bbox: [467, 76, 225, 96] },
    { label: "truck", confidence: 0.457, bbox: [467, 75, 225, 97] },
  ],
  "person.jpg": [
    { label: "person", confidence: 0.922, bbox: [191, 99, 85, 276] },
    { label: "horse", confidence: 0.899, bbox: [406, 139, 195, 208] },
    { label: "dog", confidence: 0.894, bbox: [64, 264, 142, 81] },
  ],
  "horses.jpg": [
    { label: "horse", confidence: 0.899, bbox: [436, 211, 161, 138] },
    { label: "horse", confidence: 0.873, bbox: [2, 194, 315, 220] },
    { label: "horse", confidence: 0.680, bbox: [1, 187, 152, 94] },
    { label: "horse", confidence: 0.593, bbox: [256, 201, 200, 163] },
  ],
};
