/** Two clips whose frames are images, put together from photographs and looked at by the real detector. */

import type { Buffer } from "node:buffer";
import sharp from "sharp";
import { Detector } from "../../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../../lib/image/image_decoder.ts";
import { loadDetector, prepareDetector } from "../../../lib/models/specialized_model.ts";
import { ensureModel, readFixture } from "../../pipeline/models.ts";
import { type Clip, type ClipFrame, line, sceneFrames } from "./clips.ts";
import { type Actor, CLIP_SIZE, KINDS, type Scene, type SeenActor } from "./scene.ts";

const FILMED: { name: string; scene: Scene }[] = [
  {
    name: "a person and two dogs, filmed",
    scene: {
      seconds: 7,
      framesPerSecond: 10,
      actors: [
        { kind: KINDS.car, height: 110, path: () => [470, 120] },
        { kind: KINDS.smallDog, height: 110, path: line([0, 330], [640, 330], 6) },
        { kind: KINDS.person, height: 280, path: line([640, 250], [0, 250], 6) },
        { kind: KINDS.dog, height: 220, path: line([60, 340], [560, 350], 9, 0.5) },
      ],
    },
  },
  {
    name: "three horses, filmed",
    scene: {
      seconds: 7,
      framesPerSecond: 10,
      actors: [
        { kind: KINDS.brownHorse, height: 150, path: line([40, 190], [600, 200], 6) },
        { kind: KINDS.horse, height: 210, path: line([640, 230], [0, 230], 6.5) },
        { kind: KINDS.brownHorse, height: 170, path: line([-80, 380], [640, 380], 6, 1) },
      ],
    },
  },
];

/** The default of the detector's input. */
const INPUT = { width: 512, height: 384 };
const CONFIDENCE = 0.25;

/** The clips that the detector looks at; it takes some seconds. */
export async function filmedClips(): Promise<Clip[]> {
  const choice = { size: INPUT, confidence: CONFIDENCE, precision: "fp32" } as const;
  const graph = await loadDetector(await prepareDetector(await ensureModel(), choice));
  const detector = await Detector.create({
    ...graph,
    confidence: CONFIDENCE,
    threads: 2,
    iou: 0.45,
  });
  const studio = new Studio();
  const clips: Clip[] = [];
  for (const { name, scene } of FILMED) {
    const frames: ClipFrame[] = [];
    for (const { arrivedMs, actors, truth } of sceneFrames(scene)) {
      const { input, pixels } = detector;
      const image = { pixels: await studio.film(actors), ...CLIP_SIZE };
      const place = await decodeLetterboxed(image, input, pixels, { maxPixels: 1e6 });
      const detections = await detector.detect(place);
      frames.push({ arrivedMs, answeredMs: arrivedMs + 30, truth, detections });
    }
    clips.push({ name, frames });
  }
  await detector.release();
  return clips;
}

/** Puts frames together from parts of photographs. */
export class Studio {
  readonly #cutouts = new Map<Actor, Promise<Buffer>>();
  #ground: Promise<Buffer> | undefined;

  /** RGB pixels of a frame. */
  async film(actors: readonly SeenActor[]): Promise<Uint8Array<ArrayBuffer>> {
    this.#ground ??= makeGround();
    const layers = await Promise.all(actors.map(async ({ actor, whole: [x, y] }) => ({
      input: await this.#cutout(actor),
      left: Math.round(x),
      top: Math.round(y),
    })));
    const frame = sharp(await this.#ground).composite(layers).removeAlpha();
    return new Uint8Array(await frame.raw().toBuffer());
  }

  #cutout(actor: Actor): Promise<Buffer> {
    const cutout = this.#cutouts.get(actor) ?? cutOut(actor);
    this.#cutouts.set(actor, cutout);
    return cutout;
  }
}

/** Grass, too blurred for anything to be found in it. */
async function makeGround(): Promise<Buffer> {
  const { width, height } = CLIP_SIZE;
  return await sharp(readFixture("horses.jpg")).resize(width, height, { fit: "fill" }).blur(40)
    .png().toBuffer();
}

async function cutOut({ kind, height }: Actor): Promise<Buffer> {
  const [left, top, width, cutHeight] = kind.cut;
  return await sharp(readFixture(kind.image))
    .extract({ left, top, width, height: cutHeight })
    .resize({ height }).png().toBuffer();
}
