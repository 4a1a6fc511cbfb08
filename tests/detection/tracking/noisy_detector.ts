import { type Corners, toCorners } from "../../../lib/image/boxes.ts";
import type { Detection } from "../../../lib/protocol/detection.ts";
import type { BoundingBox } from "../../../lib/protocol/geometry.ts";
import { fitLetterbox, toImageBox } from "../../../lib/image/letterbox.ts";
import {
  type Candidate,
  suppressNonMaxima,
  weakenAcrossClasses,
} from "../../../lib/detection/non_maximum_suppression.ts";
import { createRandom } from "../../streaming/mutate_frame.ts";
import { CLIP_SIZE, KINDS, type SeenActor } from "./scene.ts";

/** How a detector errs. */
export interface DetectorNoise {
  /** Standard deviation of each side, as a share of the box; twice that where a part is hidden. @default {0.02} */
  shake?: number;
  /** Mean confidence in an object of which all is seen. @default {0.8} */
  confidence?: number;
  /** Share of frames in which an object is missed. @default {0.03} */
  missed?: number;
  /** Share of frames in which a car is taken for a truck. @default {0} */
  flicker?: number;
  /** Weak boxes where nothing is, in each frame. @default {0} */
  invented?: number;
}

/** What a car is taken for. */
const TRUCK = { label: "truck", class_id: 7 };
const LEAST_CONFIDENCE = 0.25;
const IOU = 0.45;
/** What the image lies in when it is not changed. */
const UNCHANGED = fitLetterbox(CLIP_SIZE, CLIP_SIZE);

/**
 * A detector that knows where the objects are, and errs as real ones do: boxes shake, objects are missed, and what is partly
 * hidden is seen with less confidence and without its hidden part. Its boxes are suppressed as the detector's are.
 */
export class NoisyDetector {
  readonly #noise: Required<DetectorNoise>;
  readonly #random: () => number;

  /** @param seed The same makes the same errors. */
  constructor(seed: number, noise: DetectorNoise = {}) {
    const defaults = { shake: 0.02, confidence: 0.8, missed: 0.03, flicker: 0, invented: 0 };
    this.#noise = { ...defaults, ...noise };
    this.#random = createRandom(seed);
  }

  /** Highest confidence first. */
  detect(actors: readonly SeenActor[]): Detection[] {
    const labels = new Map<number, string>();
    const candidates: Candidate[] = [];
    const propose = (label: string, classId: number, score: number, box: Corners) => {
      labels.set(classId, label);
      if (score >= LEAST_CONFIDENCE) {
        candidates.push({ ...box, classId, score: Math.min(1, score) });
      }
    };
    for (const { actor: { kind }, bbox, seen, visible } of actors) {
      const isFlicker = kind.label === "car" && this.#random() < this.#noise.flicker;
      const { label, class_id } = isFlicker ? TRUCK : kind;
      const score = this.#noise.confidence - 0.7 * (1 - visible) ** 2 + 0.07 * this.#normal();
      // What is hidden of an object is guessed only while it is little.
      const box = visible > 0.7 ? this.#shaken(bbox, 1) : this.#shaken(seen, 2);
      if (this.#random() >= this.#noise.missed) propose(label, class_id, score, box);
    }
    for (let rest = this.#noise.invented; this.#random() < rest; rest--) {
      const kind = Object.values(KINDS)[Math.floor(this.#random() * 6)] ?? KINDS.dog;
      const at = [this.#random() * 560, this.#random() * 360] as const;
      const box = toCorners([...at, 40 + this.#random() * 80, 60 + this.#random() * 80]);
      propose(kind.label, kind.class_id, LEAST_CONFIDENCE + 0.2 * this.#random(), box);
    }
    const kept = weakenAcrossClasses(suppressNonMaxima(candidates, IOU))
      .filter(({ score }) => score >= LEAST_CONFIDENCE);
    return kept.map((candidate) => ({
      label: labels.get(candidate.classId) ?? "",
      class_id: candidate.classId,
      confidence: Math.round(candidate.score * 1000) / 1000,
      bbox: toImageBox(candidate, UNCHANGED),
    }));
  }

  #shaken(box: BoundingBox, factor: number): Corners {
    const { left, top, right, bottom } = toCorners(box);
    const shift = () => factor * this.#noise.shake * this.#normal();
    return {
      left: left + shift() * box[2],
      top: top + shift() * box[3],
      right: right + shift() * box[2],
      bottom: bottom + shift() * box[3],
    };
  }

  /** Normally distributed, of deviation 1 (Box and Muller 1958). */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    return radius * Math.cos(2 * Math.PI * this.#random());
  }
}
