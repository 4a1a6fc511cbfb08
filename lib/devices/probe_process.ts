/**
 * The probe process: runs the detector on a device and on the processor, and tells how they compare.
 *
 * It runs apart from the server, because what a graphics driver does to its process must stay there.
 *
 * @module
 */

import { PIPELINE_DEFAULTS } from "../config.ts";
import { decodeLetterboxed } from "../image/image_decoder.ts";
import { loadDetector } from "../models/specialized_model.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { outputsAgree } from "./outputs_agree.ts";
import type { ProbeAnswer, ProbeRequest } from "./probe_device.ts";

/** Inferences that are timed; one before them compiles, loads and allocates. */
const TIMED_RUNS = 3;

/** What a session computed. */
interface Computed {
  /** The values of each output. */
  outputs: Float32Array[];
  /** Milliseconds of one inference, the median. */
  ms: number;
}

/** Answers one request, which comes by standard input, and ends the process. */
export async function runDeviceProbe(): Promise<never> {
  const answer = await probe(await new Response(Deno.stdin.readable).json());
  // On a line of its own, whatever a driver has written before.
  Deno.stdout.writeSync(new TextEncoder().encode(`\n${JSON.stringify(answer)}\n`));
  Deno.exit(0);
}

async function probe({ device, detector, image, threads }: ProbeRequest): Promise<ProbeAnswer> {
  const { model: graph, layout } = await loadDetector(detector);
  const { width, height } = layout.input;
  const pixels = new Uint8Array(width * height * 3);
  const bytes = await Deno.readFile(new URL(image));
  await decodeLetterboxed(bytes, layout.input, pixels, PIPELINE_DEFAULTS);
  const input = new Tensor("uint8", pixels, [1, height, width, 3]);
  const run = async (settings: InferenceSession.SessionOptions) =>
    await compute(await InferenceSession.create(graph, settings), layout.outputs, input);
  let actual: Computed;
  try {
    actual = await run(sessionSettings(1, device));
  } catch (cause) {
    return { type: "refused", cause: String(cause) };
  }
  const expected = await run(sessionSettings(threads));
  const agree = expected.outputs.every((values, index) => {
    const others = actual.outputs[index] ?? new Float32Array();
    return layout.kind === "end2end"
      ? outputsAgree(scores(values), scores(others))
      : outputsAgree(values, others);
  });
  return agree ? { type: "works", deviceMs: actual.ms, cpuMs: expected.ms } : { type: "differs" };
}

async function compute(
  session: InferenceSession,
  names: readonly string[],
  input: Tensor,
): Promise<Computed> {
  const feeds = { [session.inputNames[0] ?? ""]: input };
  const first = await session.run(feeds);
  const outputs = names.map((name) => (first[name] as Tensor).data as Float32Array);
  const times: number[] = [];
  while (times.length < TIMED_RUNS) {
    const startedAt = performance.now();
    await session.run(feeds);
    times.push(performance.now() - startedAt);
  }
  await session.release();
  return { outputs, ms: times.toSorted((a, b) => a - b)[TIMED_RUNS >> 1] ?? NaN };
}

/** Of rows of corners, score and class, highest score first: how rows of one score are ordered hangs on the rounding. */
function scores(rows: Float32Array): Float32Array {
  return rows.filter((_, index) => index % 6 === 4);
}

if (import.meta.main) await runDeviceProbe();
