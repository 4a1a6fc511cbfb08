import { UnknownHeadError } from "../onnx/errors.ts";
import type { ExportFacts, FoundHead } from "./heads/head.ts";

/** Tasks whose networks give boxes, whatever else they give. */
const TASKS = new Set(["detect", "segment", "pose", "obb"]);

/** What networks of other tasks are, for people. */
const OTHERS: Readonly<Record<string, string>> = {
  classify: "a classifier, which finds no objects",
};

/**
 * Refuses networks for other tasks than to find objects.
 *
 * @param grids The grids, where the network has some
 * @throws {UnknownHeadError} If it is for another task, by its metadata or by its graph.
 */
export function refuseTask({ metadata, lookup }: ExportFacts, grids: FoundHead | undefined): void {
  // An angle turns the way from a cell to its box's centre.
  const isTurned = metadata.task === undefined && grids !== undefined &&
    lookup.graph.node.some(({ op_type }) => op_type === "Cos");
  if (isTurned) {
    throw new UnknownHeadError(
      'it turns its boxes, but does not say so; one whose task is "obb", in its metadata or in a .json beside it, works',
    );
  }
  const { task = "detect" } = metadata;
  if (TASKS.has(task)) return;
  const found = OTHERS[task] ?? `a network for the task ${JSON.stringify(task.slice(0, 40))}`;
  throw new UnknownHeadError(
    `it is ${found}; an export for detection, segmentation, pose or oriented boxes works`,
  );
}
