import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { type LogFormat, ResultLog } from "../lib/client/live/result_log.ts";
import { fileName, saveFile } from "../lib/client/save_file.ts";

/** Saves what was found since the stream was started, as CSV or as JSON lines. */
export function SaveResults({ live }: { live: LiveSignals }): JSX.Element {
  const { log, count } = useResultLog(live);
  const save = (format: LogFormat) =>
    saveFile(log.toFile(format), fileName(new Date(), format, "results"));
  const button = (format: LogFormat, name: string) => (
    <button
      type="button"
      class="button"
      disabled={count.value === 0}
      onClick={() => save(format)}
    >
      <span>{name}</span>
    </button>
  );
  return (
    <section class="panel results" aria-labelledby="results-heading">
      <h2 id="results-heading">
        Save results <span class="tally">{describeCount(count.value)}</span>
      </h2>
      <div class="results-formats">
        {button("csv", "CSV")}
        {button("jsonl", "JSON lines")}
      </div>
    </section>
  );
}

function describeCount(count: number): string {
  if (count === 0) return "No frames yet";
  return `${count.toLocaleString("en")} ${count === 1 ? "frame" : "frames"}`;
}

/** Keeps every result of the stream until another one is started. */
function useResultLog(live: LiveSignals): { log: ResultLog; count: Signal<number> } {
  const log = useRef(new ResultLog()).current;
  const count = useSignal(0);
  useSignalEffect(() => {
    const message = live.lastResult.value;
    if (message !== null) log.add(message, performance.now());
  });
  useSignalEffect(() => {
    if (live.stage.value.phase === "starting") log.clear();
  });
  useSignalEffect(() => {
    // Both change rarely enough for people to read what changes with them.
    void [live.statistics.value, live.stage.value];
    count.value = log.size;
  });
  return { log, count };
}
