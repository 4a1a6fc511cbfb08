import type { BoxExtras, HeadKind, Preprocessing } from "../../onnx/detector_layout.ts";
import type { GraphLookup } from "../../onnx/graph_lookup.ts";
import type { Size } from "../../image/size.ts";
import type { ExportMetadata } from "./export_metadata.ts";

/** An output of the network. */
export interface OutputTensor {
  /** In row-major order. */
  data: Float32Array;
  /** Length of each dimension, the outermost first; the product is the length of `data`. */
  dims: readonly number[];
}

/** An output as its file describes it. */
export interface OutputShape {
  /** Name of the value. */
  name: string;
  /** Length of each dimension, -1 where it is not known; the first is the batch. */
  shape: readonly number[];
}

/** What a head is recognised by. */
export interface ExportFacts {
  /** The graph. */
  lookup: GraphLookup;
  /** What the exporter has noted. */
  metadata: ExportMetadata;
  /** Size that the outputs' shapes are those of, in pixels. */
  input: Size;
  /** The outputs, in the file's order. */
  outputs: readonly OutputShape[];
}

/** A head that was recognised. */
export interface FoundHead {
  /** How the outputs are to be read. */
  kind: HeadKind;
  /** Number of classes; `undefined` where the outputs do not tell. */
  classes: number | undefined;
  /** Names of the tensors to read. */
  outputs: string[];
  /** Whether each object is reported once. */
  suppressed: boolean;
  /** Strides of the grids, where they are read one by one. */
  strides?: readonly number[];
  /** What the outputs hold beside boxes, classes and scores. */
  extras?: BoxExtras;
  /** How images are fed, where that is a matter of the head. */
  preprocessing?: Preprocessing;
}
