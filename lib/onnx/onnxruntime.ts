/**
 * onnxruntime, with its reports switched off; it is imported from here only.
 *
 * @module
 */

import "./no_reports.ts";

export { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
