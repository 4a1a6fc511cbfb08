import { expect } from "expect";
import FakeTimers from "@sinonjs/fake-timers";
import { LiveFirst } from "../../lib/video/live_first.ts";
import { emptyResult } from "./results.ts";

/** Frames that take as long as they are told, on a clock that only `advance` moves. */
function simulate() {
  const clock = FakeTimers.install({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  const liveFirst = new LiveFirst();
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    liveFirst,
    advance: (ms: number) => clock.tickAsync(ms),
    runJobFrame: (ms: number, signal = new AbortController().signal) =>
      liveFirst.runJobFrame(async () => {
        await sleep(ms);
        return emptyResult();
      }, signal),
    runStreamFrame: (ms: number) => liveFirst.runStreamFrame(() => sleep(ms)),
    [Symbol.dispose]: () => clock.uninstall(),
  };
}

Deno.test("a job that holds up no stream never stands back", async () => {
  using simulation = simulate();
  const { advance, runJobFrame, runStreamFrame } = simulation;
  const first = runJobFrame(20);
  await advance(20);
  await first;
  const answered = runStreamFrame(20);
  await advance(20);
  await answered;
  for (let frame = 0; frame < 2; frame += 1) {
    const next = runJobFrame(20);
    await advance(20);
    await next;
  }
});

/** One worker that answers whoever asks first, in so many milliseconds. */
function createWorker(ms: number) {
  let last: Promise<unknown> = Promise.resolve();
  return async () => {
    const askedAt = performance.now();
    const turn = last;
    const done = Promise.withResolvers<void>();
    last = done.promise;
    await turn;
    const wait = performance.now() - askedAt;
    await new Promise((resolve) => setTimeout(resolve, ms));
    done.resolve();
    return emptyResult({ timings_ms: { ...emptyResult().timings_ms, wait } });
  };
}

for (
  const [kind, pauseMs] of [["sends without a pause", 0], ["waits for each answer", 3]] as const
) {
  Deno.test(`a stream that ${kind} keeps 80 % of its rate beside a job, which gets on`, async () => {
    using simulation = simulate();
    const { liveFirst, advance } = simulation;
    const answer = createWorker(25);
    const isOver = new AbortController();
    const counts = { stream: 0, job: 0 };
    const stream = async () => {
      while (!isOver.signal.aborted) {
        await liveFirst.runStreamFrame(answer);
        counts.stream += 1;
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    };
    const job = async () => {
      while (!isOver.signal.aborted) {
        await liveFirst.runJobFrame(answer, isOver.signal).then(() => counts.job += 1, () => {});
      }
    };
    // A job asks for several frames at once.
    const running = [stream(), job(), job(), job()];
    await advance(10_000);
    isOver.abort();
    await advance(2000);
    await Promise.all(running);
    const alone = 10_000 / (25 + pauseMs);
    expect(counts.stream / alone).toBeGreaterThan(0.8);
    expect(counts.job).toBeGreaterThan(30);
  });
}

Deno.test("beside live streams, the frames of all jobs go one after the other", async () => {
  using simulation = simulate();
  const { liveFirst, advance, runStreamFrame } = simulation;
  const answered = runStreamFrame(1);
  await advance(1);
  await answered;
  let inFlight = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++inFlight);
    await Promise.resolve();
    inFlight -= 1;
    return emptyResult();
  };
  await Promise.all([1, 2, 3].map(() => liveFirst.runJobFrame(run, new AbortController().signal)));
  expect(most).toBe(1);
});

Deno.test("a frame of a job that fails leaves the next ones their turn", async () => {
  using simulation = simulate();
  const { liveFirst, advance, runStreamFrame, runJobFrame } = simulation;
  const answered = runStreamFrame(1);
  await advance(1);
  await answered;
  const failed = liveFirst.runJobFrame(
    () => Promise.reject(new Error("Worker gone")),
    new AbortController().signal,
  );
  await expect(failed).rejects.toThrow("Worker gone");
  const next = runJobFrame(10);
  await advance(10);
  expect(await next).toEqual(emptyResult());
});

Deno.test("a frame of a job that has ended gives up its turn", async () => {
  using simulation = simulate();
  const { advance, runStreamFrame, runJobFrame } = simulation;
  // Holds the stream up, so that the job has to stand back.
  const answered = runStreamFrame(150);
  const held = runJobFrame(100);
  await advance(150);
  await Promise.all([answered, held]);
  const job = new AbortController();
  const waiting = runJobFrame(10, job.signal);
  const refused = expect(waiting).rejects.toThrow("Job removed");
  await advance(10);
  job.abort(new Error("Job removed"));
  await refused;
});
