/**
 * Decides what runs the detector.
 *
 * @module
 */

import { basename } from "node:path";
import type { ChildProgram } from "../child_program.ts";
import type { Device, PrecisionChoice } from "../config.ts";
import type { ModelRole } from "../models/model_role.ts";
import type { Size } from "../image/size.ts";
import { arithmeticOf, prepareDetector } from "../models/specialized_model.ts";
import {
  describeFallback,
  describeOutcome,
  describeUnknown,
  describeUse,
} from "./describe_devices.ts";
import { deviceFiles, knownDevices, likelyDevices } from "./likely_devices.ts";
import { probeDevice } from "./probe_device.ts";

/** What runs the detector, and why. */
export interface DeviceChoice {
  /** What runs it. */
  device: Device;
  /** What was asked for. */
  wanted: Device | "auto";
  /** One sentence for people. */
  message: string;
  /** What onnxruntime says of the devices that it refused, for those who look for the cause. */
  refusals: string[];
}

/** Options for {@linkcode chooseDevice}. */
export interface ChooseDeviceOptions {
  /** What is asked for. */
  wanted: Device | "auto";
  /** Path of the detector's model. */
  modelPath: string;
  /**
   * What it is for; only the processor is used for classifiers.
   *
   * @default {"detector"}
   */
  role?: ModelRole;
  /** Input of the detector, in pixels. */
  inputSize: Size;
  /** What the detector is to compute with; only the processor is used for 8 bits. */
  precision: PrecisionChoice;
  /** Confidence that detections have to exceed, between 0 and 1. */
  confidence: number;
  /** The image that devices are tried on. */
  image: URL;
  /** Ends it early when it is aborted. */
  signal: AbortSignal;
  /**
   * Milliseconds that a device may take to prove itself.
   *
   * @default {30000}
   */
  timeoutMs?: number;
  /** The devices that `auto` tries; those that the machine may have by default. */
  likely?: readonly Device[];
  /** What tries a device; this very program by default. */
  command?: ChildProgram;
}

/** Long enough to load libraries of a gigabyte, and to compile a network. */
const PROBE_TIMEOUT_MS = 30_000;

/**
 * How many times as fast as the processor a device has to be for `auto` to take it. They are compared with float32, and most
 * processors are twice as fast with 8 bits; and it has to be worth a driver that can take the whole server with it.
 */
const LEAST_SPEEDUP = 4;

/**
 * Tries what is asked for, or what the machine may have, and decides.
 *
 * @returns The processor where nothing else can be used or, unless it was asked for, is much faster
 * @throws {ModelError} If a device is to be tried, and the model cannot be used
 * @throws The reason of `signal`, if it is aborted
 */
export async function chooseDevice(options: ChooseDeviceOptions): Promise<DeviceChoice> {
  const { wanted, modelPath } = options;
  if (wanted === "cpu") {
    return { device: "cpu", wanted, message: describeUse("cpu"), refusals: [] };
  }
  const onCpu = (reason: string, refusals: string[] = []): DeviceChoice => {
    return { device: "cpu", wanted, message: describeFallback(reason), refusals };
  };
  const known = knownDevices();
  if (wanted !== "auto" && !known.includes(wanted)) return onCpu(describeUnknown(wanted, known));
  const { likely = likelyDevices(Deno.build.os, known, deviceFiles()) } = options;
  const candidates = wanted === "auto" ? likely : [wanted];
  if (candidates.length === 0) return onCpu("this machine shows no GPU");
  if (options.role === "classifier") {
    return onCpu(`${basename(modelPath)} is a classifier, which only the CPU is used for`);
  }
  if (options.precision === "int8") {
    return onCpu("YOLO_PRECISION is int8, and only the CPU is used for 8 bits");
  }
  if (await arithmeticOf(modelPath) === "8 bits") {
    return onCpu(`${basename(modelPath)} computes in 8 bits, which only the CPU is used for`);
  }
  return await tryInTurn(candidates, options, onCpu);
}

/** The first device that proves itself. */
async function tryInTurn(
  candidates: readonly Device[],
  options: ChooseDeviceOptions,
  onCpu: (reason: string, refusals: string[]) => DeviceChoice,
): Promise<DeviceChoice> {
  const { wanted, modelPath, inputSize, confidence, signal, command } = options;
  const { timeoutMs = PROBE_TIMEOUT_MS } = options;
  const choice = { size: inputSize, confidence, precision: "fp32" } as const;
  const detector = await prepareDetector(modelPath, choice);
  const [image, threads] = [options.image.href, navigator.hardwareConcurrency];
  const reasons: string[] = [];
  const refusals: string[] = [];
  for (const device of candidates) {
    const request = { device, detector, image, threads };
    const outcome = await probeDevice(request, { timeoutMs, signal, command });
    if (outcome.type === "works" && (wanted === device || isWorthIt(outcome))) {
      return { device, wanted, message: describeUse(device, outcome), refusals };
    }
    reasons.push(describeOutcome(device, outcome, timeoutMs));
    if (outcome.type === "refused") refusals.push(outcome.cause);
  }
  return onCpu(reasons.join("; "), refusals);
}

function isWorthIt({ deviceMs, cpuMs }: { deviceMs: number; cpuMs: number }): boolean {
  return deviceMs * LEAST_SPEEDUP <= cpuMs;
}
