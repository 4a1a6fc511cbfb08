/** Ten short clips with known objects, the same in every run. */

import type { Detection } from "../../../lib/protocol/detection.ts";
import { createRandom } from "../../streaming/mutate_frame.ts";
import { type DetectorNoise, NoisyDetector } from "./noisy_detector.ts";
import {
  type Actor,
  actorsAt,
  type Kind,
  KINDS,
  type Place,
  type Scene,
  type SeenActor,
} from "./scene.ts";
import type { NumberedBox } from "./tracking_score.ts";

/** One frame of a clip. */
export interface ClipFrame {
  /** When it arrived, from the start of the clip. */
  arrivedMs: number;
  /** When its answer came, on the same clock. */
  answeredMs: number;
  /** The objects of which enough is seen to be found. */
  truth: NumberedBox[];
  /** What a detector gave. */
  detections: Detection[];
}

/** A clip that has been looked at. */
export interface Clip {
  name: string;
  frames: ClipFrame[];
}

/** An object of which less is seen is not asked for. */
const LEAST_VISIBLE = 0.2;

/** One frame of a scene that nobody has looked at yet. */
export interface SceneFrame extends Pick<ClipFrame, "arrivedMs" | "truth"> {
  actors: SeenActor[];
}

/** The frames of a scene. */
export function* sceneFrames(scene: Scene): Generator<SceneFrame> {
  for (let index = 0; index < scene.seconds * scene.framesPerSecond; index++) {
    const time = index / scene.framesPerSecond;
    const actors = actorsAt(scene, time);
    const truth = actors.filter(({ visible }) => visible >= LEAST_VISIBLE)
      .map(({ id, bbox }) => ({ id, bbox }));
    yield { arrivedMs: Math.round(1000 * time), actors, truth };
  }
}

/** Steadily from one place to another within so many seconds, then on. */
export function line(from: Place, to: Place, seconds: number, start = 0): Actor["path"] {
  return (time) => {
    if (time < start) return undefined;
    const share = (time - start) / seconds;
    return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  };
}

function actor(kind: Kind, height: number, path: Actor["path"]): Actor {
  return { kind, height, path };
}

/** To and fro, with pauses at the ends. */
function pacing(from: Place, to: Place, seconds: number, phase: number): Actor["path"] {
  return (time) => {
    const wave = Math.sin(2 * Math.PI * (time / seconds + phase));
    const share = 0.5 + 0.5 * Math.max(-0.8, Math.min(0.8, wave)) / 0.8;
    return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  };
}

function crowd(): Actor[] {
  const random = createRandom(12);
  const actors = Array.from({ length: 12 }, () => {
    const y = 150 + 200 * random();
    const isLeft = random() < 0.5;
    const [from, to]: Place[] = [[isLeft ? -30 : 670, y], [
      isLeft ? 670 : -30,
      y + 60 * random() - 30,
    ]];
    return actor(KINDS.person, 90 + y / 3, line(from, to, 5 + 5 * random(), 5 * random()));
  });
  // Whoever stands further down is nearer.
  return actors.sort((a, b) => a.height - b.height);
}

interface NoisyClip {
  name: string;
  scene: Scene;
  noise?: DetectorNoise;
  /** How long the answer to a frame takes, in milliseconds; 30 where it is not given. */
  delay?(index: number): number;
}

const NOISY_CLIPS: NoisyClip[] = [
  {
    name: "two people cross",
    scene: {
      seconds: 8,
      framesPerSecond: 15,
      actors: [
        actor(KINDS.person, 220, line([60, 240], [580, 240], 7)),
        actor(KINDS.person, 240, line([600, 250], [40, 250], 6)),
      ],
    },
  },
  {
    name: "a dog overtakes another",
    scene: {
      seconds: 10,
      framesPerSecond: 15,
      actors: [
        actor(KINDS.smallDog, 90, line([0, 300], [480, 300], 10)),
        actor(KINDS.smallDog, 100, line([-150, 315], [680, 315], 10)),
      ],
    },
  },
  {
    name: "three dogs pass behind a pillar",
    scene: {
      seconds: 10,
      framesPerSecond: 15,
      cover: [270, 0, 130, 480],
      actors: [
        actor(KINDS.smallDog, 60, line([-40, 120], [700, 130], 6)),
        actor(KINDS.smallDog, 70, line([700, 220], [-60, 200], 7, 1)),
        actor(KINDS.smallDog, 80, line([-60, 380], [720, 380], 7, 2)),
      ],
    },
  },
  { name: "a crowd of twelve", scene: { seconds: 12, framesPerSecond: 15, actors: crowd() } },
  {
    name: "cars that may be trucks",
    noise: { flicker: 0.35 },
    scene: {
      seconds: 10,
      framesPerSecond: 15,
      actors: [
        actor(KINDS.car, 70, line([-80, 180], [720, 180], 6)),
        actor(KINDS.car, 90, line([720, 230], [-80, 230], 7, 1)),
        actor(KINDS.car, 110, () => [320, 360]),
      ],
    },
  },
  {
    name: "four frames a second",
    scene: {
      seconds: 15,
      framesPerSecond: 4,
      actors: [
        actor(KINDS.horse, 150, line([0, 160], [640, 170], 9)),
        actor(KINDS.person, 180, line([640, 240], [0, 240], 8, 1)),
        actor(KINDS.smallDog, 90, pacing([100, 390], [540, 390], 9, 0)),
      ],
    },
  },
  {
    name: "answers that come late",
    // Every ninth frame waits for others, and takes those behind it along.
    delay: (index) => index % 9 < 4 ? 320 - 66 * (index % 9) : 40,
    scene: {
      seconds: 10,
      framesPerSecond: 15,
      actors: [
        actor(KINDS.smallDog, 90, line([-60, 200], [700, 200], 3)),
        actor(KINDS.smallDog, 90, line([700, 230], [-60, 230], 3.4, 0.4)),
        actor(KINDS.person, 200, line([-60, 330], [700, 330], 4, 4)),
        actor(KINDS.person, 210, line([700, 330], [-60, 330], 4, 4.2)),
      ],
    },
  },
  {
    name: "turns, a camera that shakes, missed and invented boxes",
    noise: { missed: 0.25, invented: 0.7, confidence: 0.62, shake: 0.03 },
    scene: {
      seconds: 12,
      framesPerSecond: 15,
      shake: (time) => [6 * Math.sin(9 * time), 4 * Math.cos(13 * time)],
      actors: [
        actor(KINDS.horse, 160, pacing([120, 150], [520, 150], 6, 0)),
        actor(KINDS.dog, 170, pacing([560, 300], [80, 300], 5, 0.3)),
        actor(KINDS.brownHorse, 150, pacing([150, 380], [500, 340], 8, 0.6)),
      ],
    },
  },
];

/** The clips that are looked at by {@linkcode NoisyDetector}. */
export function noisyClips(): Clip[] {
  return NOISY_CLIPS.map(({ name, scene, noise, delay = () => 30 }, seed) => {
    const detector = new NoisyDetector(seed, noise);
    const frames = Array.from(sceneFrames(scene), ({ arrivedMs, actors, truth }, index) => ({
      arrivedMs,
      answeredMs: arrivedMs + delay(index),
      truth,
      detections: detector.detect(actors),
    }));
    return { name, frames };
  });
}
