import { expect } from "expect";
import { appendHistory, type HistoryPoint } from "../../../lib/client/live/stream_history.ts";

function point(time: number): HistoryPoint {
  return { time, round_trip_ms: 40, answered_fps: 15 };
}

Deno.test("appendHistory keeps one minute, oldest first", () => {
  let history: HistoryPoint[] = [];
  for (let time = 0; time <= 90_000; time += 500) history = appendHistory(history, point(time));
  expect(history).toHaveLength(120);
  expect(history[0]?.time).toBe(30_500);
  expect(history.at(-1)?.time).toBe(90_000);
});
