import { expect } from "expect";
import { describeBottleneck } from "../../../lib/client/live/bottleneck.ts";
import type { StreamStatistics } from "../../../lib/client/live/stream_statistics.ts";

const STATISTICS: StreamStatistics = {
  target_fps: 15,
  sent_fps: 14.8,
  answered_fps: 14.6,
  drop_rate: 0,
  backpressure: "normal",
  bytes_per_second: 800_000,
  round_trip_p50_ms: 42,
  round_trip_p95_ms: 60,
  stages_ms: { wait: 0.4, decode: 3, detect: 22, ocr: 0, total: 25.4 },
};

function describe(changes: Partial<StreamStatistics>): string | null {
  return describeBottleneck({ ...STATISTICS, ...changes });
}

Deno.test("describeBottleneck has nothing to say before the first result", () => {
  expect(describeBottleneck(null)).toBeNull();
  expect(describe({ stages_ms: null })).toBeNull();
});

Deno.test("describeBottleneck finds nothing in a stream at full rate", () => {
  expect(describe({})).toBe("Nothing is slowing the stream down.");
});

Deno.test("describeBottleneck names the server when it drops frames", () => {
  expect(describe({ drop_rate: 0.31 }))
    .toBe(
      "The server is behind: it drops 31 % of the frames, and takes 25 ms for each of the others.",
    );
});

Deno.test("describeBottleneck names the server when it takes most of the round trip", () => {
  const stages_ms = { wait: 100, decode: 3, detect: 220, ocr: 0, total: 323 };
  expect(describe({ sent_fps: 5, round_trip_p50_ms: 330, stages_ms })).toMatch(/^The server sets/);
});

Deno.test("describeBottleneck names the network when the server takes little of the round trip", () => {
  expect(describe({ sent_fps: 5, round_trip_p50_ms: 400 })).toMatch(/^The network sets.* only 25/);
});

Deno.test("describeBottleneck names this device when it captures too few frames", () => {
  expect(describe({ sent_fps: 5.2, round_trip_p50_ms: 60 }))
    .toBe("This device sets the pace: it captures 5.2 of 15 frames a second.");
});
