import { readTask } from "../onnx/read_task.ts";

/** What a model looks at images for: to find objects in them, or to tell what they show as a whole. */
export type ModelRole = "detector" | "classifier";

/**
 * What a model looks at images for, as far as it says so; one that does not counts as a detector.
 *
 * @param path Of the model's file, which need not be there
 */
export function roleOf(path: string): ModelRole {
  return readTask(path) === "classify" ? "classifier" : "detector";
}
