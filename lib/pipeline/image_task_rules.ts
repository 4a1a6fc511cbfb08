import { ImageDecodeError, ImageTooLargeError } from "../image/errors.ts";
import type { TaskRules, WorkerFailure } from "../workers/worker_messages.ts";
import { PipelineError } from "./errors.ts";
import type { SegmentTask } from "./worker_tasks.ts";
// The native library is unusable for every later session once the last thread that holds it ends, so the main thread, which
// has the pools, holds it as well.
import "../onnx/onnxruntime.ts";

/** How tasks with an image are given to workers, and what their failures are. */
export function imageTaskRules<Task extends SegmentTask>(): TaskRules<Task> {
  return { own, toError, toLoss: (cause) => new PipelineError({ cause }) };
}

function own<Task extends SegmentTask>(task: Task): { task: Task; transfer: Transferable[] } {
  const { image } = task;
  const bytes = image instanceof Uint8Array ? image : image.pixels;
  const isWhole = bytes.buffer instanceof ArrayBuffer &&
    bytes.byteLength === bytes.buffer.byteLength;
  // A view of a part is copied, since only whole buffers can be given away.
  const owned = isWhole ? bytes as Uint8Array<ArrayBuffer> : new Uint8Array(bytes);
  return {
    task: {
      ...task,
      image: image instanceof Uint8Array ? owned : { ...image, pixels: owned },
    },
    transfer: [owned.buffer],
  };
}

function toError({ kind, message }: WorkerFailure): Error {
  const cause = new Error(message);
  if (kind === "undecodable") return new ImageDecodeError("Cannot decode the image", { cause });
  if (kind === "too_large") return new ImageTooLargeError(message);
  return new PipelineError({ cause });
}
