import { UnknownHeadError } from "../../onnx/errors.ts";
import type { OnnxModel } from "../../onnx/onnx_schema.ts";
import { type LiteralValue, parsePythonLiteral } from "./python_literal.ts";

/** What an export says of itself; what it does not say is `undefined`. */
export interface ExportMetadata {
  /** What the network is for, as Ultralytics calls it: `detect`, `segment`, `pose`, `obb`, `classify`, … */
  task: string | undefined;
  /** Names of the classes by index; a number that is left out has none. */
  names: readonly (string | undefined)[] | undefined;
  /** The keypoints that a pose network gives of each object. */
  keypoints: KeypointMetadata | undefined;
  /** Whether each object comes out once. */
  endToEnd: boolean | undefined;
  /** Name of the head's class in Ultralytics' code, such as `Detect` or `RTDETRDecoder`. */
  head: string | undefined;
  /** How the classes are scored where the graph does not tell, and how images are prepared; see {@linkcode readPreprocessing}. */
  entries: ReadonlyMap<string, string>;
}

/** More keypoints than any data set has. */
const MOST_KEYPOINTS = 10_000;

/** The keypoints of people in COCO, in its order. */
const COCO_KEYPOINTS =
  ("nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow " +
    "left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle").split(
      " ",
    );

/** What an export says of its keypoints. */
export interface KeypointMetadata {
  /** How many there are. */
  count: number;
  /** Numbers of each: 2 for x and y, 3 with a confidence. */
  numbers: number;
  /** Their names, in their order. */
  names: readonly string[];
}

/** Most classes that names are read of; more than any data set has. */
const MOST_CLASSES = 100_000;

/**
 * Reads what an exporter has noted in a model.
 *
 * @throws {UnknownHeadError} If class names are noted in a way that cannot be read.
 */
export function readMetadata(model: OnnxModel): ExportMetadata {
  const entries = new Map(model.metadata_props.map(({ key, value }) => [key, value]));
  const endToEnd = parsePythonLiteral(entries.get("end2end") ?? "");
  return {
    task: entries.get("task") || undefined,
    names: readNames(entries.get("names")),
    keypoints: readKeypoints(entries),
    endToEnd: typeof endToEnd === "boolean" ? endToEnd : undefined,
    head: entries.get("head") || undefined,
    entries,
  };
}

function readKeypoints(entries: ReadonlyMap<string, string>): KeypointMetadata | undefined {
  const shape = parsePythonLiteral(entries.get("kpt_shape") ?? "");
  const [count, numbers] = Array.isArray(shape) ? shape : [];
  if (!(isCount(count) && isCount(numbers))) return undefined;
  return {
    count,
    numbers,
    names: nameKeypoints(parsePythonLiteral(entries.get("kpt_names") ?? ""), count),
  };
}

function isCount(value: LiteralValue | undefined): value is number {
  return typeof value === "number" && value >= 1 && value <= MOST_KEYPOINTS;
}

/** Names as a list, or as one for each class, of which the first is taken; else COCO's for as many points as it has. */
function nameKeypoints(noted: LiteralValue | undefined, count: number): string[] {
  const list = noted instanceof Map ? [...noted.values()].at(0) : noted;
  const names = Array.isArray(list) && list.length === count ? list.map(String) : undefined;
  if (names !== undefined) return names;
  if (count === COCO_KEYPOINTS.length) return [...COCO_KEYPOINTS];
  return Array.from({ length: count }, (_, index) => `keypoint_${index}`);
}

/** Reads `{0: 'person', 1: "driver's cab"}`, as Ultralytics writes it, a list, JSON, or names with commas or lines between. */
function readNames(text: string | undefined): (string | undefined)[] | undefined {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return undefined;
  const value = parsePythonLiteral(trimmed);
  const names = value === undefined && !/^[[({]/.test(trimmed)
    ? trimmed.split(trimmed.includes("\n") ? /\r?\n/ : ",").map((name) => name.trim())
    : namesOf(value);
  if (names === undefined) {
    throw new UnknownHeadError(
      `its class names cannot be read: ${
        JSON.stringify(trimmed.slice(0, 60))
      }; write them as {0: 'person', 1: 'dog'}`,
    );
  }
  return names.length > 0 ? names : undefined;
}

function namesOf(value: LiteralValue | undefined): (string | undefined)[] | undefined {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.map(String);
  if (!(value instanceof Map)) return undefined;
  const names: (string | undefined)[] = [];
  for (const [key, name] of value) {
    const index = /^\d+$/.test(key) ? Number(key) : NaN;
    if (!(index < MOST_CLASSES)) return undefined;
    names[index] = String(name);
  }
  return Array.from(names);
}
