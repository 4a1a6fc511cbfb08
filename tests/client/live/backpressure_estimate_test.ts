import { expect } from "expect";
import { BackpressureEstimate } from "../../../lib/client/live/backpressure_estimate.ts";
import { exampleResult } from "../example_result.ts";

/** Answers frames, of which every `dropEvery`-th is dropped. */
function answer(estimate: BackpressureEstimate, count: number, dropEvery: number): void {
  for (let index = 1; index <= count; index++) {
    estimate.received(
      index % dropEvery === 0
        ? { frame_index: index, dropped: true }
        : { frame_index: index, result: exampleResult() },
      index,
    );
  }
}

Deno.test("BackpressureEstimate is normal before ten answers, whatever they are", () => {
  const estimate = new BackpressureEstimate();
  answer(estimate, 9, 1);
  expect(estimate.state(10)).toBe("normal");
});

Deno.test("BackpressureEstimate warns above a tenth of drops, and not at it", () => {
  const tenth = new BackpressureEstimate();
  answer(tenth, 30, 10);
  expect(tenth.state(30)).toBe("normal");
  const more = new BackpressureEstimate();
  answer(more, 30, 7);
  expect(more.state(30)).toBe("warning");
});

Deno.test("BackpressureEstimate forgets drops after thirty results", () => {
  const estimate = new BackpressureEstimate();
  answer(estimate, 30, 2);
  answer(estimate, 30, Infinity);
  expect(estimate.state(60)).toBe("normal");
});

Deno.test("BackpressureEstimate is critical while the server says so", () => {
  const estimate = new BackpressureEstimate();
  estimate.received({ warning: "slow_down" }, 1000);
  expect(estimate.state(6999)).toBe("critical");
  expect(estimate.state(7000)).toBe("normal");
});
