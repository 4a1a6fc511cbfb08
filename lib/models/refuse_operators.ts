import { UnknownHeadError } from "../onnx/errors.ts";
import { ancestors } from "../onnx/onnx_nodes.ts";
import type { OnnxModel } from "../onnx/onnx_schema.ts";

/** Operations that hold graphs of their own, which no edit here looks into. */
const CONTROL_FLOW = new Set(["If", "Loop", "Scan", "SequenceMap"]);

/** The sets of operators that onnxruntime brings along; ONNX's own has no name. */
const DOMAINS = new Set(["", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"]);

/**
 * Makes sure that outputs depend on no operators that cannot be used here; what nothing depends on may have any.
 *
 * @param outputs Names of the values that are read
 * @throws {UnknownHeadError} If one does
 */
export function refuseOperators(model: OnnxModel, outputs: string[]): void {
  const nodes = ancestors(model.graph, outputs);
  const flow = nodes.find(({ op_type }) => CONTROL_FLOW.has(op_type));
  if (flow !== undefined) {
    throw new UnknownHeadError(
      `its boxes depend on control flow (${flow.op_type}); an export without suppression in the graph (nms=False), or simplified, works`,
    );
  }
  refuseCustom(model, outputs);
}

/**
 * Makes sure that outputs depend on no operators that onnxruntime does not have.
 *
 * @param outputs Names of the values that are computed
 * @throws {UnknownHeadError} If one does
 */
export function refuseCustom({ graph, functions = [] }: OnnxModel, outputs: string[]): void {
  const own = new Set(functions.map(({ domain }) => domain ?? ""));
  const custom = ancestors(graph, outputs).find(({ domain = "" }) =>
    !DOMAINS.has(domain) && !own.has(domain)
  );
  if (custom !== undefined) {
    throw new UnknownHeadError(
      `it has the custom operator ${custom.domain}.${custom.op_type}, which onnxruntime does not bring along; an export to plain ONNX works`,
    );
  }
}
