/**
 * Heads of the DETR family whose boxes and scores are tensors of their own, a row a query.
 *
 * @module
 */

import { type Preprocessing, UNIT_RANGE } from "../../onnx/detector_layout.ts";
import { UnknownHeadError } from "../../onnx/errors.ts";
import { sourceOf } from "./column_evidence.ts";
import type { ExportFacts, FoundHead, OutputShape } from "./head.ts";
import { isCells, STRETCHED } from "./table_head.ts";

/** Mean and deviation of ImageNet's colours, from 0 to 255, which RF-DETR and DETR were trained with. */
const IMAGENET: Preprocessing = {
  ...UNIT_RANGE,
  fit: "stretch",
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
};

/** Columns of DETR for COCO: the numbers up to 90, and "no object". */
const DETR_COLUMNS = 92;

/** Networks ask for hundreds of objects; more boxes than this are those of anchors, which are corners, or have another background. */
const MOST_QUERIES = 1500;

/** Recognises the head: `labels`, `boxes` and `scores`, or boxes and logits. */
export function findQueryHead(facts: ExportFacts): FoundHead | undefined {
  return findLabelled(facts) ?? findLogits(facts);
}

function findLabelled({ outputs }: ExportFacts): FoundHead | undefined {
  const named = (name: string, rank: number) =>
    outputs.find((output) => output.name === name && output.shape.length === rank);
  const [labels, boxes, scores] = [named("labels", 2), named("boxes", 3), named("scores", 2)];
  if (labels === undefined || boxes?.shape[2] !== 4 || scores === undefined) return undefined;
  return {
    kind: "detr_labelled",
    classes: undefined,
    outputs: [labels.name, boxes.name, scores.name],
    suppressed: true,
    preprocessing: STRETCHED,
  };
}

function findLogits(facts: ExportFacts): FoundHead | undefined {
  const tables = facts.outputs.filter(({ shape }) => shape.length === 3);
  const boxes = tables.find(({ name, shape }) => shape[2] === 4 && /box|dets|bbox/i.test(name)) ??
    tables.find(({ shape }) => shape[2] === 4);
  const scores = tables.find((each) => each !== boxes && each.shape[1] === boxes?.shape[1]);
  if (boxes === undefined || scores === undefined) return undefined;
  const queries = boxes.shape[1] ?? -1;
  // As many boxes as cells are those of a YOLO-NAS, whose sides are pixels.
  if (queries > MOST_QUERIES || isCells(queries, facts.input)) return undefined;
  const columns = scores.shape[2] ?? 0;
  const kind = kindOf(facts, scores, columns);
  const classes = kind === "detr_softmax" ? columns - 1 : columns;
  const { names } = facts.metadata;
  // RF-DETR and others have a column for the number 0, or for none of the classes.
  if (names !== undefined && names.length !== classes && names.length + 1 !== classes) {
    return undefined;
  }
  return {
    kind,
    classes,
    outputs: [boxes.name, scores.name],
    suppressed: true,
    preprocessing: boxes.name === "dets" || kind === "detr_softmax" ? IMAGENET : STRETCHED,
  };
}

/** How scores are computed: as the sidecar says, as the graph shows, or as the output is called. */
function kindOf({ lookup, metadata }: ExportFacts, { name }: OutputShape, columns: number) {
  const noted = metadata.entries.get("scores");
  if (noted === "softmax") return "detr_softmax";
  if (noted === "sigmoid") return "detr_logits";
  if (noted === "probabilities") return "detr_scores";
  if (noted !== undefined) {
    throw new UnknownHeadError(
      `its "scores" are noted as ${
        JSON.stringify(noted)
      }; "sigmoid", "softmax" or "probabilities" works`,
    );
  }
  const operator = sourceOf(lookup, name).node?.op_type ?? "";
  if (["Sigmoid", "Softmax"].includes(operator)) return "detr_scores";
  if (/score|prob/i.test(name)) return "detr_scores";
  if (columns === DETR_COLUMNS && metadata.names === undefined) return "detr_softmax";
  return "detr_logits";
}
