import { expect } from "expect";
import { StatisticsCollector } from "../../../lib/client/live/stream_statistics.ts";
import { exampleResult } from "../example_result.ts";

Deno.test("StatisticsCollector has no delays before the first result", () => {
  expect(new StatisticsCollector().snapshot(15, 0)).toEqual({
    target_fps: 15,
    sent_fps: 0,
    answered_fps: 0,
    drop_rate: 0,
    backpressure: "normal",
    bytes_per_second: 0,
    round_trip_p50_ms: null,
    round_trip_p95_ms: null,
    stages_ms: null,
  });
});

Deno.test("StatisticsCollector tells rates, delays and drops of the last seconds", () => {
  const collector = new StatisticsCollector();
  for (let index = 1; index <= 100; index++) {
    const now = index * 100;
    collector.sent(50_000, now);
    const message = index % 5 === 0
      ? { frame_index: index, dropped: true } as const
      : { frame_index: index, result: exampleResult() };
    collector.received(message, index, now);
  }
  const statistics = collector.snapshot(12, 10_000);
  expect(statistics.target_fps).toBe(12);
  expect(statistics.sent_fps).toBeCloseTo(10, 0);
  expect(statistics.answered_fps).toBeCloseTo(8, 0);
  expect(statistics.bytes_per_second).toBeCloseTo(500_000, -4);
  expect(statistics.drop_rate).toBeCloseTo(0.2, 2);
  expect(statistics.round_trip_p50_ms).toBeCloseTo(50, -1);
  expect(statistics.round_trip_p95_ms).toBeCloseTo(95, -1);
  expect(statistics.stages_ms).toEqual({
    wait: expect.closeTo(0.4),
    decode: expect.closeTo(3.1),
    detect: expect.closeTo(21.9),
    ocr: 0,
    total: expect.closeTo(25.4),
  });
});
