import { effect, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { rememberDisplay, restoreDisplay } from "../lib/client/overlay/display_settings.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { formatPercent } from "../lib/image/captions.ts";

/** Chooses what of the results is shown and keeps the choice for the next visit; nothing of it goes to the server. */
export function DisplayControls({ live, canStep = false }: {
  live: LiveSignals;
  /**
   * Whether there is a live image that runs ahead of its boxes.
   *
   * @default {false}
   */
  canStep?: boolean;
}): JSX.Element {
  useEffect(() => {
    restoreDisplay(live);
    return effect(() => rememberDisplay(live));
  }, []);
  const readsText = live.lastResult.value?.result.models.recognizer != null;
  return (
    <section class="panel display" aria-labelledby="display-heading">
      <h2 id="display-heading">Display</h2>
      <ConfidenceSlider minimum={live.minimumConfidence} />
      <Switch label="Boxes" checked={live.showBoxes} />
      {readsText && <Switch label="Text" checked={live.showText} />}
      <Switch label="Fill the stage" checked={live.fillsStage} />
      {canStep && <Switch label="Image in step with boxes" checked={live.inStep} />}
    </section>
  );
}

function ConfidenceSlider({ minimum }: { minimum: Signal<number> }): JSX.Element {
  return (
    <div class="slider">
      <label for="confidence">Minimum confidence</label>
      <output for="confidence">{formatPercent(minimum.value)}</output>
      <input
        id="confidence"
        type="range"
        min={0}
        max={0.95}
        step={0.05}
        value={minimum.value}
        aria-valuetext={formatPercent(minimum.value)}
        onInput={(event) => minimum.value = event.currentTarget.valueAsNumber}
      />
    </div>
  );
}

function Switch({ label, checked }: { label: string; checked: Signal<boolean> }): JSX.Element {
  return (
    <label class="switch">
      {label}
      <input
        type="checkbox"
        role="switch"
        checked={checked.value}
        onInput={(event) => checked.value = event.currentTarget.checked}
      />
    </label>
  );
}
