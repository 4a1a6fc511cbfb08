import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { remember } from "../lib/client/remember.ts";

/** How long to wait before asking a silent server again. */
const RETRY_MS = 3000;

/** Chooses what the server does with the frames; a running stream reconnects by itself. */
export function PipelineSelector({ live }: { live: LiveSignals }): JSX.Element {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        await liveSession(live).refreshPipelines();
      } catch {
        timer = setTimeout(load, RETRY_MS);
      }
    };
    load();
    return () => clearTimeout(timer);
  }, []);
  const choose = (event: JSX.TargetedEvent<HTMLSelectElement>) => {
    live.pipelineId.value = event.currentTarget.value;
    remember("livesyte.pipeline", event.currentTarget.value);
  };
  const pipelines = live.pipelines.value;
  const chosen = pipelines.find(({ id }) => id === live.pipelineId.value);
  return (
    <label class="select" title={chosen?.description}>
      <span class="hidden">Pipeline</span>
      <select
        value={live.pipelineId.value ?? ""}
        disabled={pipelines.length === 0}
        onChange={choose}
      >
        {pipelines.length === 0 && <option value="">Pipeline</option>}
        {pipelines.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}
