/**
 * Makes inference workers that can be killed from outside: each SIGUSR2 has one of them crash.
 *
 * Workers are threads, which nobody outside of the process can end. The soak has the server load this module first.
 *
 * @module
 */

import { pathToFileURL as toFileUrl } from "node:url";

const alive = new Set<Worker>();

/** Where the scripts of inference workers are; that of the job database is replaced too, but nobody counts that. */
const INFERENCE = import.meta.resolve("../lib/pipeline/");

globalThis.Worker = class extends Worker {
  constructor(script: string | URL, options?: WorkerOptions) {
    if (!String(script).startsWith(INFERENCE)) {
      super(script, options);
      return;
    }
    const modules = [import.meta.resolve("./killable_worker.ts"), String(script)];
    const path = Deno.makeTempFileSync({ suffix: ".ts" });
    Deno.writeTextFileSync(path, modules.map((url) => `import "${url}";\n`).join(""));
    super(toFileUrl(path), options);
    alive.add(this);
  }

  override terminate(): void {
    alive.delete(this);
    super.terminate();
  }
};

Deno.addSignalListener("SIGUSR2", () => {
  const victim = [...alive][Math.floor(Math.random() * alive.size)];
  victim?.postMessage({ type: "crash" });
});
