/**
 * A worker for tests: the frame is a text that tells it what to do.
 *
 * Where the setup names a quantized copy, only a worker that finds no such file starts, and makes it.
 */

import type { WorkerReply, WorkerRequest } from "../../lib/workers/worker_messages.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "../../lib/pipeline/worker_tasks.ts";

const scope = self as unknown as {
  postMessage(message: WorkerReply<SegmentOutcome>): void;
  close(): void;
  onmessage: (event: MessageEvent<WorkerRequest<WorkerSetup, DetectTask>>) => void;
};

scope.onmessage = ({ data }) => {
  if (data.type === "end") return scope.close();
  if (data.type === "start") {
    const { copy: path } = data.setup.detectors[0];
    if (path === undefined) return scope.postMessage({ type: "ready" });
    try {
      Deno.writeTextFileSync(path, "", { createNew: true });
      return scope.postMessage({ type: "ready" });
    } catch {
      return scope.postMessage({ type: "failed", kind: "internal", message: "no second start" });
    }
  }
  obey(new TextDecoder().decode(data.task.image as Uint8Array));
};

function obey(order: string): void {
  switch (order) {
    case "die":
      setTimeout(() => {
        throw new Error("died on purpose");
      });
      return;
    case "hang":
      for (;;);
    case "undecodable":
    case "too_large":
    case "internal":
      return scope.postMessage({
        type: "failed",
        kind: order,
        message: "native /secret/path text",
      });
    default: {
      const started = Date.now();
      setTimeout(() => answer(started), Number(order) || 0);
    }
  }
}

/** The times tell when the frame was begun and finished, in milliseconds of the shared clock. */
function answer(started: number): void {
  const image = { width: 1, height: 1 };
  const times = { started, finished: Date.now() };
  scope.postMessage({ type: "done", outcome: { image, values: {}, times, decodeMs: 0 } });
}
