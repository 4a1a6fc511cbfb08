/** Draws the figures of the last minute; loaded only when somebody wants to see them. */

import uPlot from "uplot";
import { HISTORY_MS, type HistoryPoint } from "./stream_history.ts";

/** A chart on the page. */
export interface StreamChart {
  /** Shows these figures, oldest first. */
  show(history: readonly HistoryPoint[]): void;
  /** Takes the chart off the page. */
  destroy(): void;
}

/** CSS colours of the parts of a chart, asked for at every drawing, as the theme may change. */
export interface ChartColors {
  /** Of the line of round trips. */
  roundTrip: () => string;
  /** Of the dashed line of answered frames a second. */
  fps: () => string;
  /** Of the numbers along the axes. */
  axes: () => string;
  /** Of the level lines behind the others. */
  grid: () => string;
}

const HEIGHT = 120;
const FONT = `11px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif`;

/**
 * Puts a chart of round trip (milliseconds, on the left) and frame rate (on the right) into an element.
 *
 * @param element As wide as the chart is to be.
 */
export function createStreamChart(element: HTMLElement, colors: ChartColors): StreamChart {
  const chart = new uPlot(chartOptions(element.clientWidth, colors), [[], [], []], element);
  return {
    show(history) {
      const now = history.at(-1)?.time ?? 0;
      chart.setData([
        history.map(({ time }) => (time - now) / 1000),
        history.map(({ round_trip_ms }) => round_trip_ms),
        history.map(({ answered_fps }) => answered_fps),
      ]);
    },
    destroy: () => chart.destroy(),
  };
}

function chartOptions(width: number, colors: ChartColors): uPlot.Options {
  const axis = { stroke: colors.axes, font: FONT, grid: { show: false }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-HISTORY_MS / 1000, 0] },
      ms: { range: (_, __, largest) => [0, Math.max(100, largest * 1.1)] },
      fps: { range: [0, 16] },
    },
    series: [
      {},
      { scale: "ms", stroke: colors.roundTrip, width: 2, points: { show: false } },
      { scale: "fps", stroke: colors.fps, width: 2, points: { show: false }, dash: [5, 4] },
    ],
    axes: [
      {
        ...axis,
        size: 24,
        incrs: [20],
        values: (_, values) => values.map((value) => value === 0 ? "now" : `${value} s`),
      },
      { ...axis, scale: "ms", size: 36, space: 30, grid: { stroke: colors.grid, width: 1 } },
      { ...axis, scale: "fps", side: 1, size: 28, incrs: [5], space: 20 },
    ],
  };
}
