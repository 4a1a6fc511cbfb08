import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "../components/CopyButton.tsx";
import { HistoryChart } from "../components/HistoryChart.tsx";
import { describeDiagnostics, diagnosticRows } from "../lib/client/live/diagnostics.ts";
import { fetchDevice } from "../lib/client/live/fetch_device.ts";
import {
  describeModels,
  fetchModels,
  type ModelDescription,
} from "../lib/client/live/models_in_use.ts";
import type { ModelInfo } from "../lib/protocol/model_list.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { isShortcut } from "../lib/client/live/shortcuts.ts";

/** Shows the figures of the stream; the key `d` opens and closes it, Escape closes it. */
export function StreamDebugPanel({ live }: { live: LiveSignals }): JSX.Element {
  const isOpen = useSignal(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isShortcut(event, "d")) isOpen.value = !isOpen.value;
      if (isShortcut(event, "escape")) isOpen.value = false;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <section class="panel diagnostics" aria-label="Diagnostics">
      <button
        type="button"
        class="disclosure"
        aria-expanded={isOpen.value}
        aria-controls="diagnostics"
        onClick={() => isOpen.value = !isOpen.value}
      >
        Diagnostics
        <kbd>D</kbd>
      </button>
      <div id="diagnostics" hidden={!isOpen.value}>
        {isOpen.value && <Figures live={live} />}
      </div>
    </section>
  );
}

function Figures({ live }: { live: LiveSignals }): JSX.Element {
  const figures = useRef<HTMLDivElement>(null);
  const models = useSignal<ModelInfo[]>([]);
  useEffect(() => figures.current?.scrollIntoView({ block: "nearest" }), []);
  useEffect(() => {
    // A server that does not answer leaves what it has said before.
    fetchDevice().then((device) => live.device.value = device, () => {});
    fetchModels().then((list) => models.value = list, () => {});
  }, []);
  const diagnostics = describeDiagnostics(live);
  return (
    <div ref={figures}>
      <p class="bottleneck">{diagnostics.bottleneck ?? "There are no figures yet."}</p>
      <HistoryChart live={live} />
      <dl class="figures-list">
        {diagnosticRows(diagnostics).map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {diagnostics.device !== null && <p class="device-note">{diagnostics.device.description}.</p>}
      <Models described={describeModels(models.value, live.pipelineId.value)} />
      <CopyButton
        label="Copy as JSON"
        text={() => JSON.stringify(describeDiagnostics(live), null, 2)}
      />
    </div>
  );
}

function Models({ described }: { described: ModelDescription[] }): JSX.Element | null {
  if (described.length === 0) return null;
  return (
    <ul class="models-in-use" aria-label="Models">
      {described.map(({ name, facts }) => <li key={name}>{name}: {facts}</li>)}
    </ul>
  );
}
