/**
 * Compares livesyte with other programs that find objects with the same model.
 *
 * @module
 */

import type { PipelineConfig } from "../../lib/config.ts";
import { type Dataset, readDataset } from "../../lib/evaluation/dataset.ts";
import { type Comparison, toPaceFigures } from "./comparison.ts";
import type { Contestant, Pace } from "./contestant.ts";
import type { Measurement } from "./peer_answers.ts";
import { type PeerContestantOptions, startPeerContestant } from "./peer_contestant.ts";
import { pythonWith } from "./python_environment.ts";
import { startServerContestant } from "./server_contestant.ts";

/** At a camera's pace, 15 frames a second, the cores are idle in between. */
const CAMERA_INTERVAL_MS = 66;

const PACES: Record<"backToBack" | "camera", Pace> = {
  backToBack: { frames: 20, intervalMs: 0 },
  camera: { frames: 15, intervalMs: CAMERA_INTERVAL_MS },
};

/** Turns that each of those that are compared has. */
const TURNS = 8;

/** Settings of livesyte that are compared; the first are its defaults, or what the environment says. */
const OWN: { name: string; settings: Record<string, string> }[] = [
  { name: "livesyte", settings: {} },
  { name: "livesyte, float32", settings: { YOLO_PRECISION: "fp32" } },
  { name: "livesyte, 512×384", settings: { PIPELINE_INPUT_SIZE: "512x384" } },
];

const PEERS: Pick<PeerContestantOptions, "name" | "script" | "precision">[] = [
  { name: "Ultralytics", script: "ultralytics_peer.py" },
  { name: "OpenVINO, float32", script: "openvino_peer.py", precision: "float32" },
  { name: "OpenVINO, bfloat16", script: "openvino_peer.py", precision: "bfloat16" },
  { name: "OpenVINO, 8 bits", script: "openvino_peer.py", precision: "8 bits" },
];

/** What to compare with. */
export interface ComparisonOptions {
  /** Path of the ONNX file that livesyte uses. */
  model: string;
  /** A JPEG. */
  frame: Uint8Array;
  /** Settings of livesyte. */
  settings: PipelineConfig;
  /** Folder of labelled images; without one accuracy is not measured, and nothing quantized. */
  folder: string | undefined;
  /** Told what is being done, since it takes minutes. */
  onProgress(what: string): void;
}

/**
 * Gives each of those that are compared a turn again and again, so that whatever else the machine does meets all alike.
 *
 * @throws {PeerError} If one of them cannot be had
 * @throws {DatasetError} If the images or labels cannot be used
 */
export async function compareDetectors(options: ComparisonOptions): Promise<Comparison> {
  const { folder, onProgress } = options;
  const dataset = folder === undefined ? undefined : await readDataset(folder);
  await using stack = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for await (const contestant of startAll(options, dataset, stack)) {
    contestants.push(stack.use(contestant));
  }
  const turns = await measureAll(contestants, onProgress);
  const accuracies = new Map<Contestant, number>();
  if (dataset !== undefined) {
    for (const contestant of contestants) {
      onProgress(`Evaluating ${contestant.name}`);
      accuracies.set(contestant, await contestant.evaluate());
    }
  }
  return {
    cores: navigator.hardwareConcurrency,
    images: dataset?.files.length ?? 0,
    camera_interval_ms: CAMERA_INTERVAL_MS,
    figures: contestants.map((contestant) => ({
      name: contestant.name,
      ...(contestant.version !== undefined && { version: contestant.version }),
      is_own: contestant.isOwn,
      map50_95: accuracies.get(contestant) ?? null,
      back_to_back: toPaceFigures(turns.get(contestant)?.backToBack ?? []),
      camera: toPaceFigures(turns.get(contestant)?.camera ?? []),
    })),
  };
}

async function* startAll(
  { model, frame, settings, folder, onProgress }: ComparisonOptions,
  dataset: Dataset | undefined,
  stack: AsyncDisposableStack,
): AsyncGenerator<Contestant> {
  const python = await pythonWith("detectors");
  const framePath = await Deno.makeTempFile({ suffix: ".jpg" });
  stack.defer(() => Deno.remove(framePath));
  await Deno.writeFile(framePath, frame);
  // Each by itself, since livesyte tries at its start how many threads are best.
  for (const each of OWN) {
    onProgress(`Starting ${each.name}`);
    const server = await startServerContestant({ ...each, frame, folder });
    if (server.note !== undefined) onProgress(`${each.name}: ${server.note}`);
    yield server;
  }
  const { confidence, iou } = settings;
  const threads = settings.threads ?? navigator.hardwareConcurrency;
  for (const each of PEERS) {
    if (each.precision === "8 bits" && dataset === undefined) continue;
    onProgress(`Starting ${each.name}`);
    const shared = { python, model, threads, confidence, iou, framePath, dataset };
    const peer = await startPeerContestant({ ...each, ...shared });
    if (peer !== undefined) yield peer;
  }
}

type Turns = Record<keyof typeof PACES, Measurement[]>;

async function measureAll(
  contestants: readonly Contestant[],
  onProgress: ComparisonOptions["onProgress"],
): Promise<Map<Contestant, Turns>> {
  const turns = new Map(
    contestants.map((each) => [each, { backToBack: [], camera: [] } as Turns]),
  );
  for (let turn = 1; turn <= TURNS; turn++) {
    onProgress(`Measuring: turn ${turn} of ${TURNS}`);
    for (const [contestant, measured] of turns) {
      measured.backToBack.push(await contestant.measure(PACES.backToBack));
      measured.camera.push(await contestant.measure(PACES.camera));
    }
  }
  return turns;
}
