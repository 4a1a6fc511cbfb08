import { expect } from "expect";
import { createLiveSignals, type LiveSignals } from "../../../lib/client/live/live_signals.ts";
import { isInStep, SteppedFrames } from "../../../lib/client/live/stepped_frames.ts";
import { exampleResult } from "../example_result.ts";

/** A canvas that notes which frames are drawn, by their width. */
function noteFrames(): { canvas: HTMLCanvasElement; drawn: number[] } {
  const drawn: number[] = [];
  const context = { drawImage: ({ width }: ImageBitmap) => drawn.push(width) };
  const canvas = { width: 0, height: 0, getContext: () => context };
  return { canvas: canvas as unknown as HTMLCanvasElement, drawn };
}

function runningInStep(): LiveSignals {
  const live = createLiveSignals();
  live.stage.value = { phase: "running", kind: "camera", name: "", isMirrored: false };
  live.inStep.value = true;
  return live;
}

/** A frame whose JPEG stands for a width. */
function answered(width: number) {
  const message = { frame_index: width, result: exampleResult() };
  return { message, jpeg: new Blob([String(width)]) };
}

async function decode(jpeg: Blob): Promise<ImageBitmap> {
  const width = Number(await jpeg.text());
  if (width === 0) throw new DOMException("", "InvalidStateError");
  return { width, height: 1, close() {} };
}

Deno.test("a frame is drawn, and its result is the one that is shown", async () => {
  const live = runningInStep();
  const { canvas, drawn } = noteFrames();
  await new SteppedFrames(live, decode).show(answered(7), canvas);
  expect(drawn).toEqual([7]);
  expect(live.steppedResult.value?.frame_index).toBe(7);
});

Deno.test("frames that come while one is decoded are left out, except for the last", async () => {
  const live = runningInStep();
  const { canvas, drawn } = noteFrames();
  const frames = new SteppedFrames(live, decode);
  await Promise.all([1, 2, 3, 4].map((width) => frames.show(answered(width), canvas)));
  expect(drawn).toEqual([1, 4]);
  expect(live.steppedResult.value?.frame_index).toBe(4);
});

Deno.test("a frame that cannot be decoded is left out, and the next one is shown", async () => {
  const live = runningInStep();
  const { canvas, drawn } = noteFrames();
  const frames = new SteppedFrames(live, decode);
  await frames.show(answered(0), canvas);
  expect(live.steppedResult.value).toBeNull();
  await frames.show(answered(5), canvas);
  expect(drawn).toEqual([5]);
});

Deno.test("nothing is shown any more once the person wants the live image, or it ends", async () => {
  for (
    const end of [
      (live: LiveSignals) => live.inStep.value = false,
      (live: LiveSignals) => live.stage.value = { phase: "stopped" },
    ]
  ) {
    const live = runningInStep();
    const { canvas, drawn } = noteFrames();
    const shown = new SteppedFrames(live, decode).show(answered(7), canvas);
    end(live);
    await shown;
    expect(drawn).toEqual([]);
    expect(live.steppedResult.value).toBeNull();
  }
});

Deno.test("a still image has nothing to be in step with", () => {
  const live = runningInStep();
  expect(isInStep(live)).toBe(true);
  live.stage.value = { phase: "running", kind: "image", name: "", isMirrored: false };
  expect(isInStep(live)).toBe(false);
});
