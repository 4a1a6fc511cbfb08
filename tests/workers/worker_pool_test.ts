import { ImageDecodeError, ImageTooLargeError } from "../../lib/image/errors.ts";
import { expect } from "expect";
import { Buffer } from "node:buffer";
import { imageTaskRules } from "../../lib/pipeline/image_task_rules.ts";
import { PipelineError } from "../../lib/pipeline/errors.ts";
import type { Priority } from "../../lib/workers/fair_queue.ts";
import { WorkerLostError } from "../../lib/workers/pooled_worker.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "../../lib/pipeline/worker_tasks.ts";
import { type Turn, WorkerPool, type WorkerPoolOptions } from "../../lib/workers/worker_pool.ts";
import { faultySetup } from "./faulty_setup.ts";

/** A task for the faulty worker, which looks at nothing but the image. */
const TASK = { pipelineId: "any", nodes: [], given: {} };

const FAULTY_WORKER = new URL("./faulty_worker.ts", import.meta.url).href;

const RULES = imageTaskRules<DetectTask>();

const SETUP = faultySetup();

type Pool = WorkerPool<WorkerSetup, DetectTask, SegmentOutcome>;

function order(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function withPool(
  options: Partial<WorkerPoolOptions<WorkerSetup, DetectTask>>,
  test: (
    pool: Pool,
    run: (text: string, session?: string) => Promise<unknown>,
  ) => Promise<void>,
): Promise<void> {
  const pool: Pool = new WorkerPool({
    workers: 1,
    setup: SETUP,
    workerUrl: FAULTY_WORKER,
    rules: RULES,
    ...options,
  });
  await pool.start();
  try {
    await test(
      pool,
      (text, sessionId = "a") => pool.run({ ...TASK, image: order(text) }, { sessionId }),
    );
  } finally {
    pool.stop();
  }
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return await promise.then(() => new Error("Did not fail"), (error) => error);
}

Deno.test("a worker that dies fails its frame and is replaced", async () => {
  const reasons: string[] = [];
  const onRestart = ({ reason }: { reason: string }) => reasons.push(reason);
  await withPool({ onRestart }, async (pool, run) => {
    const [lost, next] = [failureOf(run("die", "a")), run("1", "b")];
    expect(await lost).toBeInstanceOf(PipelineError);
    expect((await lost).message).toBe("Pipeline execution failed");
    expect((await lost).cause).toBeInstanceOf(WorkerLostError);
    await next;
    await run("1", "a");
    expect(pool.restarts).toBe(1);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain("died on purpose");
    expect(pool.workers()).toMatchObject([{ alive: true }]);
  });
});

Deno.test("a worker that hangs fails its frame and is replaced", async () => {
  await withPool({ frameTimeoutMs: 1000 }, async (pool, run) => {
    const [lost, next] = [failureOf(run("hang", "a")), run("1", "b")];
    expect(await lost).toBeInstanceOf(PipelineError);
    await next;
    expect(pool.restarts).toBe(1);
  });
});

Deno.test("a worker that is lost takes no other worker's frame with it", async () => {
  await withPool({ workers: 2 }, async (pool, run) => {
    const other = run("100", "b");
    expect(await failureOf(run("die", "a"))).toBeInstanceOf(PipelineError);
    await other;
    expect(pool.restarts).toBe(1);
  });
});

Deno.test("a worker that reports a failure goes on", async () => {
  await withPool({}, async (pool, run) => {
    const error = await failureOf(run("internal"));
    expect(error).toBeInstanceOf(PipelineError);
    expect(error.message).toBe("Pipeline execution failed");
    expect((error.cause as Error).message).toContain("native");
    await run("1");
    expect(pool.restarts).toBe(0);
  });
});

Deno.test("an image's fault is told apart from the pipeline's", async () => {
  await withPool({}, async (_, run) => {
    const undecodable = await failureOf(run("undecodable"));
    expect(undecodable).toBeInstanceOf(ImageDecodeError);
    expect(undecodable.message).not.toContain("native");
    expect(await failureOf(run("too_large"))).toBeInstanceOf(ImageTooLargeError);
  });
});

Deno.test("a session has as many workers at once as it asks for", async () => {
  await withPool({ workers: 3 }, async (pool) => {
    for (const [mostAtOnce, waiting] of [[1, 3], [2, 2], [Infinity, 1]] as const) {
      const runs = Array.from({ length: 4 }, () => {
        const task = { ...TASK, image: order("20") };
        return pool.run(task, { sessionId: "video", mostAtOnce });
      });
      expect(pool.waiting).toBe(waiting);
      await Promise.all(runs);
    }
  });
});

Deno.test("a task is prepared for the number of tasks beside it", async () => {
  const seen: number[] = [];
  const prepare = (task: DetectTask, underWay: number) => {
    seen.push(underWay);
    return task;
  };
  await withPool({ workers: 2, prepare }, async (_, run) => {
    await run("1", "a");
    await Promise.all(["a", "b", "c"].map((session) => run("20", session)));
    await run("1", "a");
  });
  expect(seen).toEqual([1, 1, 2, 2, 1]);
});

Deno.test("sessions take turns, whatever the others send", async () => {
  await withPool({}, async (_, run) => {
    const finished: string[] = [];
    const send = (session: string) => run("1", session).then(() => finished.push(session));
    const greedy = Array.from({ length: 6 }, () => send("greedy"));
    await Promise.all([...greedy, send("b"), send("c"), send("b"), send("c")]);
    // Its second task has come before those of the others.
    expect(finished.join(" ")).toBe("greedy greedy b c greedy b c greedy greedy greedy");
  });
});

Deno.test("streams go before images and those before jobs, whichever came first", async () => {
  await withPool({}, async (pool) => {
    const finished: string[] = [];
    const send = async (priority: Priority, milliseconds: number) => {
      const task = { ...TASK, image: order(`${milliseconds}`) };
      await pool.run(task, { sessionId: priority, priority });
      finished.push(priority);
    };
    const first = send("job", 30);
    await Promise.all([send("job", 1), send("image", 1), send("stream", 1), first]);
    expect(finished).toEqual(["job", "stream", "image", "job"]);
  });
});

Deno.test("a job that has kept a stream waiting stands back, and gets on without anything else happening", async () => {
  await withPool({}, async (pool) => {
    const job = { sessionId: "job", priority: "job" } as const;
    const run = (text: string, turn: Turn) => pool.run({ ...TASK, image: order(text) }, turn);
    const first = run("50", job);
    const waiting = run("1", job);
    await run("1", { sessionId: "stream" });
    await first;
    const answeredAt = performance.now();
    await waiting;
    // Twelve times some 50 ms, and no longer than a second, after which the stream does not count as live.
    expect(performance.now() - answeredAt).toBeGreaterThan(200);
    expect(performance.now() - answeredAt).toBeLessThan(5000);
  });
});

Deno.test("a task that still waits is given up when its signal is aborted, and no other is", async () => {
  await withPool({}, async (pool, run) => {
    const stop = new AbortController();
    const turn = { sessionId: "a", priority: "job", signal: stop.signal } as const;
    const task = () => ({ ...TASK, image: order("50") });
    const [begun, waiting, other] = [pool.run(task(), turn), pool.run(task(), turn), run("1", "b")];
    stop.abort(new Error("Job removed"));
    expect((await failureOf(waiting)).message).toBe("Job removed");
    expect((await failureOf(pool.run(task(), turn))).message).toBe("Job removed");
    expect(pool.waiting).toBe(1);
    await Promise.all([begun, other]);
  });
});

Deno.test("a session has one frame in flight, and different sessions run side by side", async () => {
  await withPool({ workers: 2 }, async (pool) => {
    const run = async (sessionId: string) => {
      const { outcome } = await pool.run({ ...TASK, image: order("50") }, {
        sessionId,
      });
      const { started = NaN, finished = NaN } = outcome.times;
      return { begin: started, end: finished };
    };
    const [first, second, other] = await Promise.all([run("a"), run("a"), run("b")]);
    expect(second.begin).toBeGreaterThanOrEqual(first.end);
    expect(other.begin).toBeLessThan(first.end);
  });
});

Deno.test("frames that wait are counted until they run", async () => {
  await withPool({}, async (pool, run) => {
    const frames = ["a", "b", "c"].map((session) => run("1", session));
    expect(pool.waiting).toBe(2);
    await Promise.all(frames);
    expect(pool.waiting).toBe(0);
  });
});

Deno.test("a frame's memory goes to the worker where the view covers all of it", async () => {
  await withPool({}, async (pool) => {
    const whole = Uint8Array.from(order("1"));
    await pool.run({ ...TASK, image: whole }, { sessionId: "a" });
    expect(whole.buffer.byteLength).toBe(0);
    // A Buffer's own slice would share the memory that it is cut from.
    for (const memory of [new Uint8Array(10), Buffer.alloc(10)]) {
      const part = memory.subarray(0, 1);
      await pool.run({ ...TASK, image: part }, { sessionId: "a" });
      expect(part.buffer.byteLength).toBe(10);
    }
  });
});

Deno.test("a pool that is stopped fails every frame, then and later", async () => {
  await withPool({}, async (pool, run) => {
    const frames = [run("1000", "a"), run("1", "b")].map(failureOf);
    pool.stop();
    frames.push(failureOf(run("1", "c")));
    for (const frame of frames) expect(await frame).toBeInstanceOf(PipelineError);
    expect(pool.workers()).toMatchObject([{ alive: false }]);
    expect(pool.restarts).toBe(0);
  });
});

Deno.test("a worker's last heartbeat is the time of its last word", async () => {
  await withPool({}, async (pool, run) => {
    const before = Date.now();
    await run("1");
    const [worker] = pool.workers();
    const heartbeat = Date.parse(worker?.last_heartbeat ?? "");
    expect(heartbeat).toBeGreaterThanOrEqual(before);
    expect(heartbeat).toBeLessThanOrEqual(Date.now());
  });
});

Deno.test("a pool whose worker cannot start says why", async () => {
  const file = await Deno.makeTempFile();
  const setup = faultySetup(file);
  const pool: Pool = new WorkerPool({
    workers: 1,
    setup,
    workerUrl: FAULTY_WORKER,
    rules: RULES,
  });
  expect(pool.workers()).toEqual([{ alive: false, last_heartbeat: null }]);
  await expect(pool.start()).rejects.toThrow("no second start");
  expect(await failureOf(pool.run({ ...TASK, image: order("1") }, { sessionId: "a" })))
    .toBeInstanceOf(
      PipelineError,
    );
  await Deno.remove(file);
});

Deno.test("frames do not wait for workers that cannot be replaced", async () => {
  const folder = await Deno.makeTempDir();
  const setup = faultySetup(`${folder}/started`);
  await withPool({ setup }, async (pool, run) => {
    const frames = [run("die", "a"), run("1", "b")].map(failureOf);
    for (const frame of frames) expect(await frame).toBeInstanceOf(PipelineError);
    expect(pool.workers()).toMatchObject([{ alive: false }]);
    // The next attempt comes by itself, and finds that a worker may start again.
    await Deno.remove(`${folder}/started`);
    await run("1");
    expect(pool.workers()).toMatchObject([{ alive: true }]);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a pool needs at least one worker", () => {
  for (const workers of [0, -1, 1.5, NaN]) {
    expect(() => new WorkerPool({ workers, setup: SETUP, workerUrl: FAULTY_WORKER, rules: RULES }))
      .toThrow(
        RangeError,
      );
  }
});
