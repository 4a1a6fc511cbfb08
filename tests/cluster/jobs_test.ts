import { expect } from "expect";
import { textLines } from "../../bench/text_lines.ts";
import type { Job } from "../../lib/video/jobs/job.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { isMissing } from "../needs.ts";
import { makeTestCard, withoutFfmpeg } from "../video/media.ts";
import { storedResults } from "../video/results.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { type NatsServer, startNats, until } from "./nats_server.ts";
import { joinJobs } from "./shared_jobs.ts";

const ignore = isMissing("nats") || withoutFfmpeg;
const FRAMES = 60;

/** A machine in a process of its own. */
interface MachineProcess {
  child: Deno.ChildProcess;
  /** Frames that it has been given, in their order. */
  frames: number[];
  /** Resolves when it has ended. */
  reading: Promise<void>;
}

async function startMachine(args: string[]): Promise<MachineProcess> {
  const program = `${import.meta.dirname}/job_machine.ts`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--cached-only", program, ...args],
    stdout: "piped",
  }).spawn();
  const frames: number[] = [];
  const ready = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const line of textLines(child.stdout)) {
      if (line === "ready") ready.resolve();
      else frames.push(Number(line));
    }
  })();
  await Promise.race([ready.promise, reading]);
  return { child, frames, reading };
}

/** A cluster of which this process is a machine that takes jobs and runs none. */
async function openCluster(nats: NatsServer) {
  const directory = await temporaryDirectory();
  const data = `${directory.path}/data`;
  const cluster = `test-${crypto.randomUUID().slice(0, 8)}`;
  const machine = await joinJobs(nats.url, cluster);
  const store = await JobStore.open({ dataDirectory: directory.path }, machine.jobs.openStorage);
  return {
    store,
    /** Where the machines have their copies. */
    data,
    /** Adds a job whose video has {@linkcode FRAMES} frames. */
    async addJob(): Promise<Job> {
      using place = store.reserve();
      const made = `${directory.path}/card.mp4`;
      await makeTestCard(made, FRAMES);
      await Deno.rename(made, store.files.path(place.id));
      await store.files.keep(place.id);
      const file = { pipelineId: "yolo_only", fileName: "card.mp4", fileBytes: 1 };
      return await store.create(file, place);
    },
    /** Starts machines that take so many milliseconds for each frame. */
    async startMachines(count: number, frameMs: number) {
      const args = [nats.url, cluster, data, `${frameMs}`];
      const alive = await Promise.all([...Array(count)].map(() => startMachine(args)));
      const kill = async (
        machine: MachineProcess | undefined,
        signal: Deno.Signal = "SIGKILL",
      ) => {
        if (machine === undefined) throw new Error("No machine runs the job");
        alive.splice(alive.indexOf(machine), 1);
        machine.child.kill(signal);
        await machine.child.status;
        await machine.reading;
      };
      return {
        alive,
        kill,
        async [Symbol.asyncDispose]() {
          for (const machine of [...alive]) await kill(machine);
        },
      };
    },
    async indices(id: string): Promise<number[]> {
      return (await storedResults(store, id)).map(({ frame_index }) => frame_index);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const ALL = [...Array(FRAMES).keys()];

Deno.test({
  name:
    "a job goes on within 10 s on another machine after each of three kills, with every frame once",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using cluster = await openCluster(nats);
    const { store } = cluster;
    await using machines = await cluster.startMachines(4, 150);
    const { id } = await cluster.addJob();
    const running = () => machines.alive.find(({ frames }) => frames.length > 0);
    for (let kills = 0; kills < 3; kills++) {
      await until(() => (running()?.frames.length ?? 0) >= 10);
      await machines.kill(running());
      const killedAt = performance.now();
      const { nextFrame } = await store.results.count(id);
      await until(() => running() !== undefined);
      expect((performance.now() - killedAt) / 1000).toBeLessThan(10);
      expect(running()?.frames[0]).toBe(nextFrame);
    }
    await until(() => store.get(id).status === "completed");
    expect(await cluster.indices(id)).toEqual(ALL);
    expect(store.get(id).progress).toMatchObject({ currentStep: FRAMES, totalSteps: FRAMES });
  },
});

Deno.test({
  name: "a machine that is asked to stop hands its job over at once, and leaves no copy behind",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using cluster = await openCluster(nats);
    const { store } = cluster;
    await using machines = await cluster.startMachines(2, 60);
    const { id } = await cluster.addJob();
    const running = () => machines.alive.find(({ frames }) => frames.length > 0);
    await until(() => (running()?.frames.length ?? 0) >= 10);
    await machines.kill(running(), "SIGTERM");
    const stoppedAt = performance.now();
    await until(() => running() !== undefined);
    // Sooner than anybody would miss it.
    expect(performance.now() - stoppedAt).toBeLessThan(2000);
    await until(() => store.get(id).status === "completed");
    expect(await cluster.indices(id)).toEqual(ALL);
    expect(Array.from(Deno.readDirSync(`${cluster.data}/copies`))).toHaveLength(1);
  },
});

Deno.test({
  name: "a machine that hangs loses its job to another, and does no harm when it wakes up",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using cluster = await openCluster(nats);
    const { store } = cluster;
    await using machines = await cluster.startMachines(2, 60);
    const { id } = await cluster.addJob();
    await until(() => machines.alive.some(({ frames }) => frames.length >= 10));
    const [hanging, other] = machines.alive.toSorted((a, b) => b.frames.length - a.frames.length);
    hanging?.child.kill("SIGSTOP");
    await until(() => (other?.frames.length ?? 0) >= 10);
    hanging?.child.kill("SIGCONT");
    await until(() => store.get(id).status === "completed");
    expect(await cluster.indices(id)).toEqual(ALL);
    // It noticed, and left the job to the other one.
    expect(hanging?.frames.at(-1)).toBeLessThan(FRAMES - 1);
  },
});

Deno.test({
  name: "a job waits while NATS is away, and goes on with every frame once",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using cluster = await openCluster(nats);
    const { store } = cluster;
    await using machines = await cluster.startMachines(2, 40);
    const { id } = await cluster.addJob();
    await until(() => machines.alive.some(({ frames }) => frames.length >= 10));
    await nats.kill();
    await expect(store.updateStatus(id, "cancelled")).rejects.toThrow("Cannot reach NATS");
    expect(store.get(id).status).toBe("processing");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await nats.restart();
    await until(() => store.get(id).status === "completed");
    expect(await cluster.indices(id)).toEqual(ALL);
  },
});
