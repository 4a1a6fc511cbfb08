import { expect } from "expect";
import fc from "fast-check";
import { FairQueue, PRIORITIES, type Priority } from "../../lib/workers/fair_queue.ts";

interface Task {
  priority: Priority;
  sessionId: string;
  mostAtOnce: number;
  source: Source;
  arrivedAt: number;
}

/** Somebody who sends tasks. */
interface Source {
  priority: Priority;
  sessionId: string;
  /** How long a worker is busy with each task. */
  taskMs: number;
  /** Tasks that are unanswered at most; for a stream 1. */
  unanswered: number;
  /** Time from an answer, or from the task before where there is room, to the next task. */
  pauseMs: number;
  /** When it ends to send. */
  until?: number;
  /** Whether each of its tasks is of a session of its own. */
  comesAnew?: boolean;
}

/** What became of somebody's tasks. */
interface Account {
  answered: number;
  /** How long they waited for a worker. */
  longestWaitMs: number;
  totalWaitMs: number;
  /** Longest time in which one waited and no worker took any of its priority, from whomever. */
  longestGapMs: number;
}

function unknown(): never {
  throw new Error("A task came from nowhere");
}

/** Tries a queue with workers, on a clock that goes in milliseconds. */
function simulate(workers: number, sources: readonly Source[], durationMs: number): Account[] {
  const queue = new FairQueue<Task>(workers);
  const states = new Map(
    sources.map((source) => [source, {
      unanswered: 0,
      nextAt: 0,
      account: { answered: 0, longestWaitMs: 0, totalWaitMs: 0 },
    }]),
  );
  const stateOf = (source: Source) => states.get(source) ?? unknown();
  const running = new Map<Task, number>();
  let tryAt = 0;
  const lanes = PRIORITIES.map((priority) => ({ priority, waiting: 0, since: 0, longestGapMs: 0 }));
  const laneOf = (priority: Priority) =>
    lanes.find((lane) => lane.priority === priority) ?? unknown();
  for (let now = 0; now < durationMs; now += 1) {
    for (const [task, endsAt] of running) {
      if (endsAt > now) continue;
      tryAt = now;
      running.delete(task);
      queue.finish(task, now);
      const state = stateOf(task.source);
      state.unanswered -= 1;
      state.nextAt = Math.max(state.nextAt, now + task.source.pauseMs);
    }
    for (const [source, state] of states) {
      const { priority, pauseMs, until = Infinity } = source;
      if (now < state.nextAt || now >= until || state.unanswered >= source.unanswered) continue;
      const mostAtOnce = priority === "stream" ? 1 : Infinity;
      const sessionId = source.comesAnew ? `${source.sessionId} ${now}` : source.sessionId;
      queue.push({ priority, sessionId, mostAtOnce, source, arrivedAt: now }, now);
      tryAt = now;
      const lane = laneOf(priority);
      if (lane.waiting++ === 0) lane.since = now;
      state.unanswered += 1;
      state.nextAt = now + pauseMs;
    }
    while (now >= tryAt && running.size < workers) {
      const task = queue.take(now);
      if (task === undefined) {
        tryAt = queue.retryAt(now);
        break;
      }
      running.set(task, now + task.source.taskMs);
      const { account } = stateOf(task.source);
      const waited = now - task.arrivedAt;
      account.answered += 1;
      account.totalWaitMs += waited;
      account.longestWaitMs = Math.max(account.longestWaitMs, waited);
      const lane = laneOf(task.priority);
      lane.waiting -= 1;
      lane.since = now;
    }
    for (const lane of lanes) {
      if (lane.waiting > 0) lane.longestGapMs = Math.max(lane.longestGapMs, now - lane.since);
    }
    // Whoever waits beside idle workers will be looked at again. `expect` would be slow here.
    const isForgotten = queue.waiting > 0 && running.size === 0 && queue.retryAt(now) === Infinity;
    if (queue.running !== running.size || isForgotten) throw new Error("A task was forgotten");
  }
  return [...states].map(([{ priority }, { account }]) => (
    { ...account, longestGapMs: laneOf(priority).longestGapMs }
  ));
}

function stream(sessionId: string, options: Partial<Source> = {}): Source {
  return { priority: "stream", sessionId, taskMs: 25, unanswered: 1, pauseMs: 0, ...options };
}

function images(options: Partial<Source> = {}): Source {
  return {
    priority: "image",
    sessionId: "images",
    taskMs: 25,
    unanswered: 30,
    pauseMs: 0,
    ...options,
  };
}

function camera(sessionId: string, options: Partial<Source> = {}): Source {
  return { ...stream(sessionId, { pauseMs: 75, ...options }), priority: "camera" };
}

function job(options: Partial<Source> = {}): Source {
  return { priority: "job", sessionId: "job", taskMs: 25, unanswered: 3, pauseMs: 0, ...options };
}

function task(priority: Priority, sessionId: string): Task {
  const source = stream(sessionId);
  return { priority, sessionId, mostAtOnce: 1, source, arrivedAt: 0 };
}

Deno.test("streams go before cameras, those before images, and images before jobs", () => {
  const queue = new FairQueue<Task>(1);
  for (const priority of PRIORITIES.toReversed()) queue.push(task(priority, priority), 0);
  const taken: string[] = [];
  for (let next = queue.take(0); next !== undefined; next = queue.take(0)) {
    taken.push(next.priority);
    queue.finish(next, 0);
  }
  expect(taken).toEqual(["stream", "camera", "image", "job"]);
});

Deno.test("a task can be taken back while it waits", () => {
  const queue = new FairQueue<Task>(1);
  const [first, second] = [task("job", "a"), task("job", "a")];
  queue.push(first, 0);
  queue.push(second, 0);
  expect(queue.remove(second, 0)).toBe(true);
  expect(queue.remove(second, 0)).toBe(false);
  expect(queue.take(0)).toBe(first);
  expect(queue.remove(first, 0)).toBe(false);
  expect([queue.waiting, queue.running]).toEqual([0, 1]);
  queue.push(second, 0);
  expect(queue.clear(0)).toEqual([second]);
  expect(queue.take(0)).toBeUndefined();
});

Deno.test("with two workers, a stream at a camera's pace never waits, whatever images and jobs there are", () => {
  const camera = stream("camera", { pauseMs: 75 });
  const others = [images({ taskMs: 37 }), job({ taskMs: 37 })];
  const [polite, posted, worked] = simulate(2, [camera, ...others], 10_000);
  // But for the first frame, which comes with the first images.
  expect(polite?.totalWaitMs).toBeLessThanOrEqual(37);
  expect(polite?.answered).toBeGreaterThanOrEqual(99);
  // They fill the times between its frames.
  expect(posted?.answered).toBeGreaterThan(0.25 * 10_000 / 25);
  expect(worked?.answered).toBeGreaterThan(0.02 * 10_000 / 25);
});

Deno.test("with one worker, a stream at a camera's pace waits for one task at most", () => {
  const camera = stream("camera", { pauseMs: 75 });
  const [polite, posted] = simulate(1, [camera, images()], 10_000);
  expect(polite?.longestWaitMs).toBeLessThanOrEqual(25);
  expect(polite?.answered).toBeGreaterThanOrEqual(80);
  expect(posted?.answered).toBeGreaterThan(40);
});

for (
  const [kind, pauseMs] of [["sends without a pause", 0], ["waits for each answer", 3]] as const
) {
  for (const workers of [1, 2]) {
    for (const other of [camera("camera", { pauseMs: 0 }), images(), job()]) {
      Deno.test(`a stream that ${kind} keeps nine tenths of its rate beside ${other.priority}s on ${workers} worker${workers === 1 ? "" : "s"}`, () => {
        const [beside, others] = simulate(workers, [stream("a", { pauseMs }), other], 10_000);
        const alone = 10_000 / (25 + pauseMs);
        expect((beside?.answered ?? 0) / alone).toBeGreaterThan(0.9);
        expect(others?.answered).toBeGreaterThan(20);
      });
    }
  }
}

Deno.test("beside streams that take all they can get, images and jobs get their share each", () => {
  for (const workers of [1, 2, 4]) {
    const streams = Array.from({ length: 2 * workers }, (_, index) => stream(`${index}`));
    const [posted, worked] = simulate(workers, [images(), job(), ...streams], 20_000);
    const all = workers * 20_000 / 25;
    for (const { answered = 0 } of [posted, worked].map((account) => account ?? {})) {
      expect([workers, answered > all / 18, answered < all / 9]).toEqual([workers, true, true]);
    }
  }
});

Deno.test("slow images take no more time than fast ones", () => {
  const streams = [stream("a"), stream("b")];
  for (const taskMs of [5, 25, 400]) {
    const [first, second] = simulate(1, [...streams, images({ taskMs })], 40_000);
    const answered = (first?.answered ?? 0) + (second?.answered ?? 0);
    expect([taskMs, answered > 0.9 * 40_000 / 25]).toEqual([taskMs, true]);
  }
});

Deno.test("a job has all workers while no stream is live, and soon after one has ended", () => {
  const [alone] = simulate(2, [job()], 5000);
  expect(alone?.answered).toBe(2 * 5000 / 25);
  const streams = ["a", "b", "c"].map((id) => stream(id, { until: 1000 }));
  // Standing back for its long tasks would take longer than that.
  const [after] = simulate(2, [job({ taskMs: 600 }), ...streams], 6000);
  expect(after?.answered).toBeGreaterThan(2 * 3000 / 600);
});

Deno.test("a job seldom runs beside a stream that has a worker of its own, since it slows it down", () => {
  const [, beside] = simulate(2, [stream("a"), job()], 10_000);
  expect(beside?.answered).toBeGreaterThan(0.1 * 10_000 / 25);
  expect(beside?.answered).toBeLessThan(0.4 * 10_000 / 25);
});

Deno.test("sessions that come and go leave a stream its turns", () => {
  const strangers = Array.from(
    { length: 5 },
    (_, index) => stream(`stranger ${index}`, { comesAnew: true }),
  );
  const [staying] = simulate(1, [stream("staying"), ...strangers], 6000);
  expect(staying?.answered).toBeGreaterThanOrEqual(6000 / 25 / 6 - 1);
});

Deno.test("three cameras leave a stream at its pace, and go on themselves", () => {
  for (const workers of [1, 2]) {
    const cameras = ["a", "b", "c"].map((id) => camera(id));
    const sources = [stream("browser", { pauseMs: 42 }), ...cameras];
    const [browser, ...seen] = simulate(workers, sources, 20_000);
    expect([workers, (browser?.answered ?? 0) / (20_000 / 67) > 0.85]).toEqual([workers, true]);
    for (const { answered } of seen) expect([workers, answered > 40]).toEqual([workers, true]);
    // They take turns.
    const counts = seen.map(({ answered }) => answered);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  }
});

Deno.test("beside a stream at its pace, two workers answer most of what three cameras send", () => {
  const cameras = ["a", "b", "c"].map((id) => camera(id));
  const sources = [stream("browser", { pauseMs: 42 }), ...cameras];
  const [, ...seen] = simulate(2, sources, 20_000);
  const shares = seen.map(({ answered }) => answered / (20_000 / 100));
  expect(Math.min(...shares)).toBeGreaterThan(0.75);
});

Deno.test("cameras go before images and jobs", () => {
  const cameras = ["a", "b"].map((id) => camera(id));
  const [first, second, posted, worked] = simulate(2, [...cameras, images(), job()], 10_000);
  for (const account of [first, second]) expect(account?.answered).toBeGreaterThanOrEqual(90);
  expect(posted?.answered).toBeGreaterThan(20);
  expect(worked?.answered).toBeGreaterThan(5);
});

const LONGEST_TASK_MS = 60;

const anySource: fc.Arbitrary<Source> = fc.record({
  priority: fc.constantFrom(...PRIORITIES),
  sessionId: fc.constantFrom("a", "b", "c", "d"),
  taskMs: fc.integer({ min: 1, max: LONGEST_TASK_MS }),
  unanswered: fc.integer({ min: 1, max: 8 }),
  pauseMs: fc.integer({ min: 0, max: 100 }),
  comesAnew: fc.boolean(),
});

Deno.test("no priority starves, whoever sends whatever", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(anySource, { minLength: 1, maxLength: 8 }),
      (workers, sources) => {
        const accounts = simulate(workers, sources, 8000);
        // A priority stands back for twelve times as long as a task, then waits for what runs: a task, and one of another priority
        // whose turn it is as well. Before the first it does not know yet how long its tasks take.
        const most = Math.max(12 * LONGEST_TASK_MS, 12 * 100) + 3 * LONGEST_TASK_MS;
        // Sessions of one priority starve each other as little: see FairTurns.
        for (const { longestGapMs } of accounts) expect(longestGapMs).toBeLessThanOrEqual(most);
      },
    ),
    { numRuns: 300 },
  );
});
