/**
 * What people are told of devices.
 *
 * @module
 */

import type { Device } from "../config.ts";
import type { ProbeOutcome } from "./probe_device.ts";

/** Names of the devices. */
const NAMES: Readonly<Record<Device, string>> = {
  cpu: "the CPU",
  webgpu: "WebGPU",
  cuda: "CUDA",
  coreml: "Core ML",
  dml: "DirectML",
};

/** What each device needs. */
const NEEDS: Readonly<Record<Device, string>> = {
  cpu: "it needs nothing",
  webgpu: "it needs a GPU with a driver for Vulkan, Metal or Direct3D 12",
  cuda: "it needs an NVIDIA GPU, CUDA 12, cuDNN 9 and onnxruntime's library for CUDA",
  coreml: "it needs a newer macOS",
  dml: "it needs a GPU with a driver for Direct3D 12",
};

const UPDATE = "update the GPU's driver";

/** Tells what runs the detector, in a sentence. */
export function describeUse(
  device: Device,
  outcome?: Extract<ProbeOutcome, { type: "works" }>,
): string {
  const times = outcome &&
    `: ${formatMs(outcome.deviceMs)} an image, and ${formatMs(outcome.cpuMs)} on the CPU`;
  return `Objects are found on ${NAMES[device]}${times ?? ""}`;
}

/** Tells why the processor runs the detector, in a sentence. */
export function describeFallback(reason: string): string {
  return `${describeUse("cpu")}, since ${reason}`;
}

/**
 * Why a device is not taken, as a part of a sentence; one that works is too slow.
 *
 * @param timeoutMs Milliseconds that it had to answer
 */
export function describeOutcome(device: Device, outcome: ProbeOutcome, timeoutMs: number): string {
  const name = NAMES[device];
  switch (outcome.type) {
    case "works": {
      const [own, cpu] = [formatMs(outcome.deviceMs), formatMs(outcome.cpuMs)];
      return `${name} is not four times as fast (${own} an image, and ${cpu} on the CPU)`;
    }
    case "differs":
      return `${name} computes something else than the CPU: ${UPDATE}`;
    case "refused":
      return `${name} cannot be used here: ${NEEDS[device]}`;
    case "crashed":
      return `${name} crashed when it was tried: ${UPDATE}`;
    case "silent":
      return `${name} did not answer within ${timeoutMs / 1000} s: ${UPDATE}`;
  }
}

/**
 * Why a device cannot be had on this platform, as a part of a sentence.
 *
 * @param known The devices that can
 */
export function describeUnknown(device: Device, known: readonly Device[]): string {
  const { os, arch } = Deno.build;
  const others = ["auto", ...known.slice(0, -1)].join(", ");
  return `onnxruntime has no ${NAMES[device]} for ${os} on ${arch}: ` +
    `set PIPELINE_DEVICE to ${others} or ${known.at(-1)}`;
}

function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
