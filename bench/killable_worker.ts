/** Has the worker that loads this, before its own script, crash when it is told to. */

self.addEventListener("message", (event) => {
  const { data } = event as MessageEvent;
  if (data?.type !== "crash") return;
  event.stopImmediatePropagation();
  // Outside of whatever would catch it.
  setTimeout(() => {
    throw new Error("Killed");
  });
});
