import type { InferenceSession } from "onnxruntime-node";

/**
 * The settings of every session of this pipeline stage.
 *
 * @param threads Threads that one inference runs on.
 */
export function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Spinning threads would burn a core between frames.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
}
