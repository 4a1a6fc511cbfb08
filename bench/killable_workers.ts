/**
 * Makes workers that can be killed from outside: each SIGUSR2 ends one of them, as if it had crashed.
 *
 * Workers are threads, which nobody outside of the process can end. The soak has the server load this module first.
 *
 * @module
 */

const alive = new Set<Worker>();

globalThis.Worker = class extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    alive.add(this);
  }

  override terminate(): void {
    alive.delete(this);
    super.terminate();
  }
};

Deno.addSignalListener("SIGUSR2", () => {
  const victim = [...alive][Math.floor(Math.random() * alive.size)];
  victim?.terminate();
  victim?.dispatchEvent(new ErrorEvent("error", { message: "Killed", cancelable: true }));
});
