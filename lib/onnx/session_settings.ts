import type { Device } from "../config.ts";
import type { InferenceSession } from "./onnxruntime.ts";

/**
 * How long a thread waits awake for its part of the next operation, in microseconds.
 *
 * Enough to bridge the gap between two operations, whose wake-ups would cost a fifth of an inference, and too
 * little to take a core away from others: from 100 µs on, a busy machine is slower than without waiting.
 */
const SPIN_DURATION_US = 20;

/**
 * The settings that inference sessions here share.
 *
 * @param device What runs the graph; operations that it does not have run on the processor
 */
export function sessionSettings(
  threads: number,
  device: Device = "cpu",
): InferenceSession.SessionOptions {
  return {
    ...(device !== "cpu" && { executionProviders: [device] }),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // What goes wrong is thrown as well, and would be printed amid what a command prints; 4 stands for fatal errors only.
    logSeverityLevel: 4,
    extra: {
      session: {
        // Between frames no thread stays awake.
        force_spinning_stop: "1",
        intra_op: { spin_duration_us: String(SPIN_DURATION_US) },
      },
    },
  };
}
