import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import type { StreamChart } from "../lib/client/live/stream_chart.ts";

/** Round trip and frame rate of the last minute. */
export function HistoryChart({ live }: { live: LiveSignals }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const roundTrip = useRef<HTMLElement>(null);
  const fps = useRef<HTMLElement>(null);
  const chart = useSignal<StreamChart | null>(null);
  useEffect(() => {
    let isGone = false;
    const color = (element: Element | null, property = "color") =>
      element === null ? "" : getComputedStyle(element).getPropertyValue(property);
    // Not a part of the page's first load, as few people ever look at it.
    import("../lib/client/live/stream_chart.ts").then(({ createStreamChart }) => {
      if (isGone || place.current === null) return;
      chart.value = createStreamChart(place.current, {
        roundTrip: () => color(roundTrip.current),
        fps: () => color(fps.current),
        axes: () => color(place.current),
        grid: () => color(place.current, "outline-color"),
      });
    }).catch(() => {
      // Without the server there is no chart to load; the figures are there all the same.
    });
    return () => {
      isGone = true;
      chart.peek()?.destroy();
    };
  }, []);
  useSignalEffect(() => chart.value?.show(live.history.value));
  return (
    <figure class="chart">
      <figcaption>
        <span ref={roundTrip} class="series round-trip">Round trip, ms</span>
        <span ref={fps} class="series fps">Frames a second</span>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label="Figures of the last minute" />
    </figure>
  );
}
