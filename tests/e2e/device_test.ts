import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import { isMissing, SOFTWARE_VULKAN } from "../needs.ts";
import { readFixture } from "../read_fixture.ts";

/** So small that a driver that computes on the processor keeps up; what is found is the same as elsewhere, if little. */
const SMALL = {
  PIPELINE_INPUT_SIZE: "64x64",
  YOLO_CONFIDENCE: "0.05",
  // Devices compute with floats.
  YOLO_PRECISION: "fp32",
};

/** The device, the metric of it, and what is found in some photographs. */
async function tryServer(environment: Record<string, string>) {
  await using server = await startServerProcess({ ...SMALL, ...environment });
  const { device } = await (await fetch(new URL("/health", server.url))).json();
  const metrics = await (await fetch(new URL("/metrics", server.url))).text();
  const url = new URL("/pipelines/yolo_only/run", server.url);
  const headers = { "Content-Type": "image/jpeg" };
  const found: Detection[] = [];
  for (const name of ["dog.jpg", "person.jpg", "horses.jpg"]) {
    const body = await readFixture(name);
    const { result } = await (await fetch(url, { method: "POST", body, headers })).json();
    found.push(...result.detections);
  }
  expect(await server.stop()).toBe(0);
  return { device, metric: metrics.match(/^pipeline_device\{.*$/gm), found };
}

/** The same but for rounding. */
function nearly({ confidence, bbox, ...rest }: Detection) {
  return {
    ...rest,
    confidence: expect.closeTo(confidence, 2),
    bbox: bbox.map((side) => expect.closeTo(side, 0)),
  };
}

Deno.test({
  name: "a server on WebGPU finds what one on the CPU does",
  // onnxruntime has no WebGPU for other machines with Linux.
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu" || isMissing("vulkan"),
  async fn() {
    const onGpu = await tryServer({
      PIPELINE_DEVICE: "webgpu",
      // One worker has to do, whatever is set.
      PIPELINE_WORKERS: "2",
      VK_ICD_FILENAMES: SOFTWARE_VULKAN,
      VK_DRIVER_FILES: SOFTWARE_VULKAN,
    });
    expect(onGpu.device).toEqual({
      name: "webgpu",
      description: expect.stringMatching(
        /^Objects are found on WebGPU: [\d.]+ ms an image, and [\d.]+ ms on the CPU$/,
      ),
    });
    expect(onGpu.metric).toEqual(['pipeline_device{device="webgpu"} 1']);
    const onCpu = await tryServer({ PIPELINE_DEVICE: "cpu" });
    expect(onCpu.found.length).toBeGreaterThan(2);
    expect(onGpu.found).toEqual(onCpu.found.map(nearly));
  },
});
