import { expect } from "expect";
import { chooseDevice, type ChooseDeviceOptions } from "../../lib/devices/choose_device.ts";
import { PROBE_SUBCOMMAND } from "../../lib/devices/probe_device.ts";
import { CANARY } from "../../lib/pipeline/canary.ts";
import { operation } from "../../lib/onnx/onnx_nodes.ts";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { ensureModel } from "../pipeline/models.ts";
import { answering, fakeProbe } from "./fake_probe.ts";

/** A device has to be refused here whatever the machine has. */
const HIDDEN = {
  VK_ICD_FILENAMES: "/dev/null",
  VK_DRIVER_FILES: "/dev/null",
  CUDA_VISIBLE_DEVICES: "",
};
/** No probe process is to be started. */
const NOTHING = { command: "/nowhere/program", args: [] };

async function choose(options: Partial<ChooseDeviceOptions>) {
  return await chooseDevice({
    wanted: "auto",
    modelPath: await ensureModel(),
    inputSize: { width: 96, height: 64 },
    precision: "auto",
    confidence: 0.25,
    image: CANARY,
    signal: new AbortController().signal,
    ...options,
  });
}

/** Chooses among devices that work as fast as told. */
function chooseWorking(deviceMs: number, options: Partial<ChooseDeviceOptions>) {
  const command = fakeProbe(answering({ type: "works", deviceMs, cpuMs: 20 }));
  return choose({ command, ...options });
}

async function withoutGpu<T>(action: () => Promise<T>): Promise<T> {
  const before = Object.keys(HIDDEN).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(HIDDEN)) Deno.env.set(name, value);
  try {
    return await action();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("chooseDevice tries nothing for the CPU, nor where no GPU shows", async () => {
  const modelPath = "/nowhere/model.onnx";
  expect(await choose({ wanted: "cpu", command: NOTHING, modelPath }))
    .toEqual({
      device: "cpu",
      wanted: "cpu",
      message: "Objects are found on the CPU",
      refusals: [],
    });
  expect(await choose({ likely: [], command: NOTHING, modelPath })).toMatchObject({
    device: "cpu",
    message: "Objects are found on the CPU, since this machine shows no GPU",
  });
});

Deno.test({
  name:
    "chooseDevice falls back to the CPU where WebGPU or CUDA is refused, and says what is missing",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  fn: () =>
    withoutGpu(async () => {
      for (
        const [wanted, needs] of [
          ["webgpu", "WebGPU cannot be used here: it needs a GPU with a driver for Vulkan"],
          ["cuda", "CUDA cannot be used here: it needs an NVIDIA GPU, CUDA 12, cuDNN 9 and"],
        ] as const
      ) {
        const choice = await choose({ wanted });
        expect(choice).toMatchObject({
          device: "cpu",
          wanted,
          message: expect.stringContaining(`Objects are found on the CPU, since ${needs}`),
          refusals: [expect.stringMatching(/adapter|shared library|CUDA/)],
        });
        // What onnxruntime says is for the log alone.
        expect(choice.message).not.toMatch(/onnxruntime_src|Error:|\n/);
      }
    }),
});

Deno.test({
  name: "the program itself can be the process that tries a device, as in a compiled binary",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  fn: () =>
    withoutGpu(async () => {
      const main = new URL("../../main.ts", import.meta.url).href;
      const args = ["run", "--quiet", "--cached-only", "--allow-all", main, PROBE_SUBCOMMAND];
      const command = { command: Deno.execPath(), args };
      expect((await choose({ wanted: "webgpu", command })).message)
        .toContain("WebGPU cannot be used here");
    }),
});

Deno.test({
  name: "chooseDevice names what can be chosen where onnxruntime has no such device",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    for (const [wanted, name] of [["coreml", "Core ML"], ["dml", "DirectML"]] as const) {
      expect(await choose({ wanted, command: NOTHING })).toMatchObject({
        device: "cpu",
        message: `Objects are found on the CPU, since onnxruntime has no ${name} for linux on ` +
          "x86_64: set PIPELINE_DEVICE to auto, cpu, webgpu or cuda",
      });
    }
  },
});

Deno.test("chooseDevice takes what was asked for, and unasked only what is four times as fast", async () => {
  expect(await chooseWorking(30, { wanted: "webgpu" })).toEqual({
    device: "webgpu",
    wanted: "webgpu",
    message: "Objects are found on WebGPU: 30 ms an image, and 20 ms on the CPU",
    refusals: [],
  });
  expect(await chooseWorking(5, { likely: ["webgpu"] })).toMatchObject({
    device: "webgpu",
    wanted: "auto",
  });
  expect(await chooseWorking(6, { likely: ["webgpu"] })).toMatchObject({
    device: "cpu",
    message: "Objects are found on the CPU, since WebGPU is not four times as fast " +
      "(6.0 ms an image, and 20 ms on the CPU)",
  });
});

Deno.test("chooseDevice tries one device after the other, and says of each what was wrong", async () => {
  const code = `const { device } = await new Response(Deno.stdin.readable).json();
    if (device === "cuda") ${answering({ type: "refused", cause: "No CUDA" })};
    else ${answering({ type: "differs" })};`;
  expect(await choose({ likely: ["cuda", "webgpu"], command: fakeProbe(code) })).toEqual({
    device: "cpu",
    wanted: "auto",
    message:
      "Objects are found on the CPU, since CUDA cannot be used here: it needs an NVIDIA GPU, " +
      "CUDA 12, cuDNN 9 and onnxruntime's library for CUDA; WebGPU computes something else than " +
      "the CPU: update the GPU's driver",
    refusals: ["No CUDA"],
  });
});

Deno.test("chooseDevice falls back to the CPU when a driver hangs or crashes", async () => {
  const hangs = fakeProbe("while (true);");
  expect(await choose({ wanted: "webgpu", command: hangs, timeoutMs: 500 })).toMatchObject({
    device: "cpu",
    message: "Objects are found on the CPU, since WebGPU did not answer within 0.5 s: " +
      "update the GPU's driver",
  });
  const crashes = fakeProbe('Deno.kill(Deno.pid, "SIGSEGV")');
  expect(await choose({ wanted: "webgpu", command: crashes })).toMatchObject({
    device: "cpu",
    message: "Objects are found on the CPU, since WebGPU crashed when it was tried: " +
      "update the GPU's driver",
  });
});

Deno.test("chooseDevice leaves networks of 8 bits to the CPU", async () => {
  await using folder = await temporaryDirectory();
  const modelPath = `${folder.path}/yolov8n-int8.onnx`;
  const model = parseOnnx(await Deno.readFile(await ensureModel()));
  model.graph.node.push(operation("DequantizeLinear", ["x", "scale"], "y"));
  await Deno.writeFile(modelPath, serializeOnnx(model));
  expect(await choose({ wanted: "webgpu", modelPath, command: NOTHING })).toMatchObject({
    device: "cpu",
    message: "Objects are found on the CPU, since yolov8n-int8.onnx computes in 8 bits, " +
      "which only the CPU is used for",
  });
});

Deno.test("chooseDevice tries nothing for a detector that is to compute with 8 bits", async () => {
  expect(await choose({ wanted: "webgpu", precision: "int8", command: NOTHING })).toMatchObject({
    device: "cpu",
    message:
      "Objects are found on the CPU, since YOLO_PRECISION is int8, and only the CPU is used for 8 bits",
  });
});
