import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { runMain } from "./run_main.ts";

const DOG = new URL("../fixtures/dog.jpg", import.meta.url).pathname;
/** WebGPU on a machine that has no driver for it, whatever it has. */
const NO_DRIVER = {
  PIPELINE_DEVICE: "webgpu",
  VK_ICD_FILENAMES: "/dev/null",
  VK_DRIVER_FILES: "/dev/null",
};
const SENTENCE = "Objects are found on the CPU, since WebGPU cannot be used here: " +
  "it needs a GPU with a driver for Vulkan, Metal or Direct3D 12";
const ignore = Deno.build.target !== "x86_64-unknown-linux-gnu";

Deno.test({
  name: "a server whose device is refused warns, uses the CPU, and says so in health and metrics",
  ignore,
  async fn() {
    await using server = await startServerProcess({
      ...NO_DRIVER,
      LOG_LEVEL: "debug",
      PIPELINE_WORKERS: "1",
      PIPELINE_THREADS: "1",
    });
    const lines = server.log.filter(({ event }) => event === "pipeline_device");
    expect(lines).toMatchObject([
      { level: "warning", message: SENTENCE, device: "cpu", wanted: "webgpu" },
      { level: "debug", device: "cpu", cause: expect.stringContaining("adapter") },
    ]);
    const health = await (await fetch(new URL("/health", server.url))).json();
    expect(health).toMatchObject({
      status: "healthy",
      device: { name: "cpu", description: SENTENCE },
    });
    const metrics = await (await fetch(new URL("/metrics", server.url))).text();
    expect(metrics.match(/^pipeline_device\{.*$/gm)).toEqual(['pipeline_device{device="cpu"} 1']);
    expect((await fetch(new URL("/ready", server.url))).status).toBe(200);
    expect(await server.stop()).toBe(0);
    // What drivers print about it is not the server's to say.
    expect(await server.errors).toBe("");
  },
});

Deno.test({
  name: "detect says in one line that its device is refused, and goes on without",
  ignore,
  async fn() {
    const { code, stdout, stderr } = await runMain(["detect", "--pipeline", "yolo_only", DOG], {
      environment: NO_DRIVER,
    });
    expect([code, stderr]).toEqual([0, `livesyte: ${SENTENCE}\n`]);
    expect(stdout).toMatch(/dog\s+\d+\s+%/);
  },
});
