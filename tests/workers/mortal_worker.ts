/** A worker for tests of the loop, whose only model says when it is freed; the task tells it what to do. */

import { runWorkerLoop } from "../../lib/workers/worker_loop.ts";

runWorkerLoop<string, string, string>((setup) => {
  if (setup === "throw late") setTimeout(fail);
  return Promise.resolve({
    async run(task) {
      if (task === "throw") throw new Error("on purpose");
      if (task === "throw late") setTimeout(fail);
      if (task === "reject late") void Promise.reject(new Error("on purpose"));
      return await Promise.resolve(`did "${task}"`);
    },
    async release() {
      (self as unknown as { postMessage(message: unknown): void }).postMessage("released");
      await Promise.resolve();
    },
  });
}, (error) => ({ kind: "internal", message: (error as Error).message }));

function fail(): void {
  setTimeout(() => {
    throw new Error("and once more");
  });
  throw new Error("on purpose");
}
