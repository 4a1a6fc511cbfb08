import { expect } from "expect";
import type { PipelineResult } from "../../../lib/protocol/result.ts";
import type { Job, NewJob } from "../../../lib/video/jobs/job.ts";
import { JobRunner, type JobRunnerOptions } from "../../../lib/video/jobs/job_runner.ts";
import { JobStore } from "../../../lib/video/jobs/job_store.ts";
import type { VideoFrameProcessor } from "../../../lib/video/video_frame_processor.ts";
import { makeTestCard, withoutFfmpeg as ignore } from "../media.ts";
import { emptyResult, storedResults } from "../results.ts";
import { fillDisk, smallDisk, withoutSmallDisks } from "../small_disk.ts";
import { temporaryDirectory } from "../temporary_directory.ts";
import { waitFor } from "../wait_for.ts";

const FRAME_SIZE = { width: 64, height: 64 };

/** Calls of a processor that finds one object in the middle of every frame. */
class Recorder implements VideoFrameProcessor {
  readonly frames: [jobId: string, frameIndex: number][] = [];
  readonly followed: [jobId: string, timestampMs: number][] = [];
  readonly ended: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** Called before each answer. */
  before: (frameIndex: number) => Promise<void> | void = () => {};

  async runOnPixels(
    ...[_pipelineId, jobId, frameIndex, { width, height, data }]: Parameters<
      VideoFrameProcessor["runOnPixels"]
    >
  ): Promise<PipelineResult> {
    this.frames.push([jobId, frameIndex]);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    // As a worker does, which takes the pixels away.
    data.buffer.transfer();
    try {
      await this.before(frameIndex);
      const bbox = [width / 4, height / 4, width / 2, height / 2] as [
        number,
        number,
        number,
        number,
      ];
      const detection = { label: "card", class_id: 0, confidence: 0.9, bbox };
      return emptyResult({ image: { width, height }, detections: [detection] });
    } finally {
      this.inFlight--;
    }
  }

  follow(_pipelineId: string, jobId: string, _result: PipelineResult, timestampMs: number): void {
    this.followed.push([jobId, timestampMs]);
  }

  endJob(jobId: string): void {
    this.ended.push(jobId);
  }

  indices(jobId: string): number[] {
    return this.frames.filter(([id]) => id === jobId).map(([, index]) => index);
  }
}

/** A store and a runner, which is not started yet, in a directory of their own. */
async function openRunner(options: Partial<JobRunnerOptions> = {}) {
  const directory = await temporaryDirectory();
  const store = await JobStore.open({ dataDirectory: directory.path });
  const processor = new Recorder();
  const runner = new JobRunner(store, processor, { frameSize: () => FRAME_SIZE, ...options });
  return {
    store,
    runner,
    processor,
    /** Adds a job with a video of so many frames. */
    async addJob(frames: number, changes: Partial<NewJob> = {}): Promise<Job> {
      using place = store.reserve();
      const made = `${directory.path}/card.mp4`;
      await makeTestCard(made, frames);
      await Deno.rename(made, store.files.path(place.id));
      const file = { pipelineId: "yolo_only", fileName: "card.mp4", fileBytes: 1 };
      return await store.create({ ...file, ...changes }, place);
    },
    async finished(id: string): Promise<Job> {
      await waitFor(() => store.get(id).finishedAt !== null && !runner.running.includes(id));
      return store.get(id);
    },
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function storedIndices(store: JobStore, id: string): Promise<number[]> {
  return (await storedResults(store, id)).map(({ frame_index }) => frame_index);
}

function range(end: number): number[] {
  return [...Array(end).keys()];
}

Deno.test({
  name: "JobRunner brings a job to its end, with results in pixels of the video",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(30);
    const seen: Job[] = [];
    store.on("progress", (job) => void seen.push(job));
    runner.start();
    expect(await finished(id)).toMatchObject({
      status: "completed",
      progress: { currentStep: 30, totalSteps: 30, description: "Done" },
      video: { width: 320, height: 240, frameCount: 30, durationMs: 1200 },
      error: null,
    });
    const results = await storedResults(store, id);
    expect(results.map(({ frame_index }) => frame_index)).toEqual(range(30));
    expect(results.map(({ timestamp_ms }) => timestamp_ms)).toEqual(range(30).map((n) => n * 40));
    expect(results[29]?.result).toMatchObject({
      image: { width: 320, height: 240 },
      detections: [{ bbox: [80, 60, 160, 120] }],
    });
    expect(seen[0]).toMatchObject({ progress: { currentStep: 0, totalSteps: 30 } });
    expect(processor.ended).toEqual([id]);
  },
});

Deno.test({
  name: "JobRunner minds stride and number of frames in what it does and in what it says",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, addJob, finished } = opened;
    const strided = await addJob(20, { frameStride: 6 });
    const both = await addJob(20, { frameStride: 6, maxFrames: 3 });
    const totals = new Map<string, number>();
    store.on("progress", ({ id, progress }) => void totals.set(id, progress.totalSteps));
    runner.start();
    await finished(strided.id);
    await finished(both.id);
    expect(await storedIndices(store, strided.id)).toEqual([0, 6, 12, 18]);
    expect(await storedIndices(store, both.id)).toEqual([0, 6, 12]);
    expect([totals.get(strided.id), totals.get(both.id)]).toEqual([4, 3]);
  },
});

Deno.test({
  name: "JobRunner runs one job at a time, the oldest first, with one frame in flight",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { runner, processor, addJob, finished } = opened;
    const [first, second] = [await addJob(10), await addJob(10)];
    processor.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    runner.start();
    await finished(second.id);
    expect(processor.frames.map(([id]) => id)).toEqual([
      ...Array(10).fill(first.id),
      ...Array(10).fill(second.id),
    ]);
    expect(processor.mostInFlight).toBe(1);
  },
});

Deno.test({
  name: "JobRunner runs as many jobs at a time as it has workers",
  ignore,
  async fn() {
    await using opened = await openRunner({ workers: 2 });
    const { runner, processor, addJob, finished } = opened;
    const jobs = [await addJob(5), await addJob(5), await addJob(5)];
    const blocked = Promise.withResolvers<void>();
    processor.before = () => blocked.promise;
    runner.start();
    await waitFor(() => processor.inFlight === 2);
    expect(runner.running).toEqual(jobs.slice(0, 2).map(({ id }) => id));
    blocked.resolve();
    for (const { id } of jobs) expect((await finished(id)).status).toBe("completed");
    expect(processor.mostInFlight).toBe(2);
  },
});

Deno.test({
  name: "JobRunner has as many frames in flight as it may, and stores and follows them in order",
  ignore,
  async fn() {
    await using opened = await openRunner({ framesAtOnce: () => 3 });
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(12);
    // The later a frame of three, the sooner it is answered.
    processor.before = (frame) => new Promise((done) => setTimeout(done, 30 - 10 * (frame % 3)));
    runner.start();
    expect((await finished(id)).status).toBe("completed");
    expect(processor.mostInFlight).toBe(3);
    expect(await storedIndices(store, id)).toEqual(range(12));
    expect(processor.followed).toEqual(range(12).map((frame) => [id, 40 * frame]));
  },
});

Deno.test({
  name: "JobRunner stops with several frames in flight, and goes on without a gap",
  ignore,
  async fn() {
    await using opened = await openRunner({ framesAtOnce: () => 3 });
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(20);
    const blocked = Promise.withResolvers<void>();
    processor.before = (frame) => frame === 7 ? blocked.promise : undefined;
    runner.start();
    await waitFor(() => processor.inFlight === 1 && processor.frames.length === 10);
    const stopping = runner.stop();
    blocked.resolve();
    await stopping;
    expect(await storedIndices(store, id)).toEqual(range(10));
    runner.start();
    expect((await finished(id)).status).toBe("completed");
    expect(processor.indices(id).toSorted((a, b) => a - b)).toEqual(range(20));
    expect(await storedIndices(store, id)).toEqual(range(20));
  },
});

Deno.test({
  name: "JobRunner does not take a wait for live streams for a decoder that hangs",
  ignore,
  async fn() {
    await using opened = await openRunner({ decoder: { frameTimeoutMs: 6000 } });
    const { runner, processor, addJob, finished } = opened;
    const { id } = await addJob(10);
    processor.before = async (frame) => {
      if (frame === 5) await new Promise((resolve) => setTimeout(resolve, 8000));
    };
    runner.start();
    expect(await finished(id)).toMatchObject({ status: "completed", error: null });
  },
});

Deno.test({
  name: "JobRunner fails a job whose video is damaged, and goes on with the next",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, addJob, finished } = opened;
    const [damaged, missing, whole] = [await addJob(10), await addJob(10), await addJob(10)];
    await Deno.truncate(store.files.path(damaged.id), 2000);
    await Deno.remove(store.files.path(missing.id));
    runner.start();
    expect((await finished(whole.id)).status).toBe("completed");
    expect((await finished(damaged.id)).error).toEqual({
      code: "decode_failed",
      detail: "The video file is incomplete: its end is missing",
    });
    expect((await finished(missing.id)).error).toEqual({
      code: "decode_failed",
      detail: "The video file is missing",
    });
  },
});

Deno.test({
  name:
    "JobRunner keeps the results up to where the decode process died, and a retry goes on there",
  ignore,
  async fn() {
    // The first decode process dies without a word behind frame 11; later ones are real.
    const script = new URL("../../../lib/video/decode/decode_process.ts", import.meta.url).href;
    const code = `const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--cached-only", "--quiet", ${JSON.stringify(script)}, Deno.args[0]],
        stdin: "inherit",
        stdout: "piped",
      }).spawn();
      const writer = Deno.stdout.writable.getWriter();
      let written = 0;
      for await (const part of child.stdout) {
        await writer.write(part);
        if ((written += part.length) > 12 * 64 * 48 * 3) { child.kill("SIGKILL"); Deno.exit(139); }
      }`;
    const command = { command: Deno.execPath(), args: ["eval", "--cached-only", code] };
    const decoder: NonNullable<JobRunnerOptions["decoder"]> = { command };
    await using opened = await openRunner({ decoder });
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(40);
    runner.start();
    expect((await finished(id)).error).toEqual({
      code: "decode_failed",
      detail: "Decoding the video broke off unexpectedly",
    });
    const stored = await storedIndices(store, id);
    expect(stored.length).toBeGreaterThan(5);
    expect(stored).toEqual(range(stored.length));
    delete decoder.command;
    await runner.retry(id);
    await waitFor(() => store.get(id).status === "completed");
    expect(await storedIndices(store, id)).toEqual(range(40));
    expect(processor.indices(id)).toEqual(range(40));
  },
});

Deno.test({
  name: "JobRunner tries a frame again on which the pipeline failed once",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(5);
    let failures = 0;
    processor.before = (frame) => {
      if (frame === 2 && failures++ === 0) throw new Error("Worker gone");
    };
    runner.start();
    expect((await finished(id)).status).toBe("completed");
    expect(processor.indices(id)).toEqual([0, 1, 2, 2, 3, 4]);
    expect(await storedIndices(store, id)).toEqual(range(5));
  },
});

Deno.test({
  name: "JobRunner fails a job on whose frame the pipeline fails twice, without native text",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(5);
    processor.before = (frame) => {
      if (frame === 2) throw new Error("/secret/path: onnxruntime says no");
    };
    runner.start();
    expect((await finished(id)).error).toEqual({
      code: "pipeline_failure",
      detail: "Pipeline execution failed",
    });
    expect(await storedIndices(store, id)).toEqual([0, 1]);
  },
});

Deno.test({
  name: "JobRunner cancels waiting and running jobs, which a retry takes up again",
  ignore,
  async fn() {
    await using opened = await openRunner({ batch: { maxResults: 2 } });
    const { store, runner, processor, addJob, finished } = opened;
    const [running, waiting] = [await addJob(30), await addJob(5)];
    const blocked = Promise.withResolvers<void>();
    processor.before = (frame) => frame === 7 ? blocked.promise : undefined;
    runner.start();
    await waitFor(() => processor.frames.length === 8);
    await runner.cancel(waiting.id);
    await runner.cancel(running.id);
    blocked.resolve();
    expect((await finished(running.id)).status).toBe("cancelled");
    expect(await storedIndices(store, running.id)).toEqual(range(6));
    expect(processor.indices(waiting.id)).toEqual([]);
    await expect(runner.cancel(waiting.id)).rejects.toThrow(
      "is cancelled and cannot become cancelled",
    );
    await runner.retry(running.id);
    await waitFor(() => store.get(running.id).status === "completed");
    expect(await storedIndices(store, running.id)).toEqual(range(30));
    expect(store.get(waiting.id).status).toBe("cancelled");
  },
});

Deno.test({
  name: "JobRunner stops a job that is removed, and takes the next",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, processor, addJob, finished } = opened;
    const [removed, next] = [await addJob(30), await addJob(5)];
    const blocked = Promise.withResolvers<void>();
    processor.before = (frame) => frame === 3 ? blocked.promise : undefined;
    runner.start();
    await waitFor(() => processor.frames.length === 4);
    await store.remove(removed.id);
    blocked.resolve();
    expect((await finished(next.id)).status).toBe("completed");
    expect(processor.indices(removed.id).length).toBe(4);
  },
});

Deno.test({
  name: "JobRunner stops in the middle of a job and goes on there when it is started again",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { store, runner, processor, addJob, finished } = opened;
    const { id } = await addJob(30);
    const blocked = Promise.withResolvers<void>();
    processor.before = (frame) => frame === 9 ? blocked.promise : undefined;
    runner.start();
    await waitFor(() => processor.frames.length === 10);
    const stopping = runner.stop();
    blocked.resolve();
    await stopping;
    expect(store.get(id).status).toBe("processing");
    // The frame that was in flight has been waited for.
    expect(await storedIndices(store, id)).toEqual(range(10));
    runner.start();
    expect((await finished(id)).status).toBe("completed");
    expect(processor.indices(id)).toEqual(range(30));
    expect(await storedIndices(store, id)).toEqual(range(30));
  },
});

Deno.test({
  name: "JobRunner waits while the disk is full, and goes on without a gap when there is room",
  ignore: ignore || withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(4 * 1_048_576);
    await using opened = await openRunner();
    const made = await opened.addJob(60);
    await using store = await JobStore.open({ dataDirectory: `${disk?.path}` });
    using place = store.reserve();
    const { id } = place;
    await Deno.copyFile(opened.store.files.path(made.id), store.files.path(id));
    const file = { pipelineId: "yolo_only", fileName: "card.mp4", fileBytes: 1 };
    await store.create(file, place);
    const processor = new Recorder();
    await using runner = new JobRunner(store, processor, {
      frameSize: () => FRAME_SIZE,
      batch: { maxResults: 5 },
    });
    const filler = `${disk?.path}/filler`;
    processor.before = async (frame) => {
      if (frame === 20) await fillDisk(filler);
    };
    runner.start();
    await waitFor(() => store.get(id).progress.description === "Waiting for disk space");
    expect(store.get(id).status).toBe("processing");
    const stored = await storedIndices(store, id);
    expect(stored.length).toBeGreaterThanOrEqual(20);
    expect(stored.length).toBeLessThan(60);
    await Deno.remove(filler);
    await waitFor(() => store.get(id).status === "completed");
    expect(await storedIndices(store, id)).toEqual(range(60));
    expect(processor.indices(id)).toEqual(range(60));
  },
});

Deno.test({
  name: "JobRunner stops on a full disk, and goes on at the next start from what is stored",
  ignore: ignore || withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(4 * 1_048_576);
    await using opened = await openRunner();
    const made = await opened.addJob(30);
    const dataDirectory = `${disk?.path}`;
    const filler = `${dataDirectory}/filler`;
    let id: string;
    {
      await using store = await JobStore.open({ dataDirectory });
      using place = store.reserve();
      id = place.id;
      await Deno.copyFile(opened.store.files.path(made.id), store.files.path(id));
      const file = { pipelineId: "yolo_only", fileName: "card.mp4", fileBytes: 1 };
      await store.create(file, place);
      const processor = new Recorder();
      const batch = { maxResults: 5 };
      await using runner = new JobRunner(store, processor, { frameSize: () => FRAME_SIZE, batch });
      processor.before = async (frame) => {
        if (frame === 12) await fillDisk(filler);
      };
      runner.start();
      await waitFor(() => store.get(id).progress.description === "Waiting for disk space");
    }
    await Deno.remove(filler);
    await using store = await JobStore.open({ dataDirectory });
    const { count } = await store.results.count(id);
    expect(count).toBeGreaterThanOrEqual(10);
    expect(store.get(id)).toMatchObject({ status: "processing", progress: { currentStep: count } });
    await using runner = new JobRunner(store, new Recorder(), { frameSize: () => FRAME_SIZE });
    runner.start();
    await waitFor(() => store.get(id).status === "completed");
    expect(await storedIndices(store, id)).toEqual(range(30));
  },
});

Deno.test("JobRunner refuses a number of workers that is none", async () => {
  await using directory = await temporaryDirectory();
  await using store = await JobStore.open({ dataDirectory: directory.path });
  for (const workers of [0, -1, 1.5, NaN]) {
    const options = { frameSize: () => FRAME_SIZE, workers };
    expect(() => new JobRunner(store, new Recorder(), options)).toThrow(RangeError);
  }
});

Deno.test({
  name: "a job survives three deaths of the server with every frame exactly once",
  ignore,
  async fn() {
    await using opened = await openRunner();
    const { id } = await opened.addJob(60);
    const dataDirectory = opened.store.files.directory.replace(/\/videos$/, "");
    await opened.store.shutdown(1000);

    let stored = 0;
    for (const frames of [7, 18, 22]) {
      expect(await runServer(dataDirectory, frames)).toBe("paused");
      await using store = await JobStore.open({ dataDirectory });
      const { count } = await store.results.count(id);
      expect(count).toBeGreaterThan(stored);
      expect(store.get(id).progress.currentStep).toBe(count);
      stored = count;
    }
    expect(stored).toBeLessThan(60);
    expect(await runServer(dataDirectory, 0)).toBe("completed");
    await using store = await JobStore.open({ dataDirectory });
    expect(await storedIndices(store, id)).toEqual(range(60));
    expect(store.get(id).progress).toMatchObject({ currentStep: 60, totalSteps: 60 });
  },
});

/** Runs `job_server.ts` until it says something, and kills it at once. */
async function runServer(dataDirectory: string, pauseAfter: number): Promise<string> {
  await using server = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--cached-only",
      `${import.meta.dirname}/../job_server.ts`,
      dataDirectory,
      `${pauseAfter}`,
    ],
    stdout: "piped",
  }).spawn();
  const reader = server.stdout.getReader();
  const { value } = await reader.read();
  try {
    server.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
  await reader.cancel();
  await server.status;
  return new TextDecoder().decode(value).trim();
}
