import type { BoundingBox } from "../../../lib/protocol/geometry.ts";
import { toCorners } from "../../../lib/image/boxes.ts";

/** Size of every clip, in pixels. */
export const CLIP_SIZE = { width: 640, height: 480 };

/** A kind of object, as it was cut from a photograph of `tests/fixtures/`. */
export interface Kind {
  label: string;
  class_id: number;
  /** The photograph. */
  image: string;
  /** Where it is in the photograph, in whole pixels. */
  cut: BoundingBox;
}

/** The kinds of objects that clips are made of. */
export const KINDS = {
  dog: { label: "dog", class_id: 16, image: "dog.jpg", cut: [131, 218, 178, 322] },
  car: { label: "car", class_id: 2, image: "dog.jpg", cut: [467, 76, 225, 96] },
  person: { label: "person", class_id: 0, image: "person.jpg", cut: [191, 99, 85, 276] },
  smallDog: { label: "dog", class_id: 16, image: "person.jpg", cut: [64, 264, 142, 81] },
  horse: { label: "horse", class_id: 17, image: "person.jpg", cut: [406, 139, 195, 208] },
  brownHorse: { label: "horse", class_id: 17, image: "horses.jpg", cut: [436, 211, 161, 138] },
} satisfies Record<string, Kind>;

/** The middle of an object, in pixels. */
export type Place = [x: number, y: number];

/** An object that moves through a clip. */
export interface Actor {
  kind: Kind;
  /** Height in the clip, in pixels; the width follows from the photograph. */
  height: number;
  /** Where it is at a time in seconds; `undefined` while it is away. */
  path(time: number): Place | undefined;
}

/** What happens in a clip. */
export interface Scene {
  seconds: number;
  framesPerSecond: number;
  /** Those further behind first; their numbers are their indices. */
  actors: readonly Actor[];
  /** What stands in front of all, and is nothing that is looked for. */
  cover?: BoundingBox;
  /** How the camera shakes: what all is moved by at a time in seconds. */
  shake?(time: number): Place;
}

/** An object in one frame. */
export interface SeenActor {
  id: number;
  actor: Actor;
  /** All of it, what lies outside the frame too. */
  whole: BoundingBox;
  /** What of that lies within the frame. */
  bbox: BoundingBox;
  /** What of that nothing hides. */
  seen: BoundingBox;
  /** The share of the whole that is seen, between 0 and 1. */
  visible: number;
}

/** Points along each side at which is looked whether a box is hidden there. */
const SAMPLES = 24;

/** The objects of a scene at a time in seconds; those that cannot be seen are left out. */
export function actorsAt({ actors, cover, shake }: Scene, time: number): SeenActor[] {
  const [shakeX, shakeY] = shake?.(time) ?? [0, 0];
  const boxes = actors.map(({ kind, height, path }): BoundingBox | undefined => {
    const place = path(time);
    if (place === undefined) return undefined;
    const width = height * kind.cut[2] / kind.cut[3];
    return [place[0] + shakeX - width / 2, place[1] + shakeY - height / 2, width, height];
  });
  return boxes.flatMap((box, id) => {
    const actor = actors[id];
    if (box === undefined || actor === undefined) return [];
    const inFront = [...boxes.slice(id + 1), cover].filter((each) => each !== undefined);
    const { seen, visible } = visiblePart(box, inFront);
    return visible === 0 ? [] : [{ id, actor, whole: box, bbox: clip(box), seen, visible }];
  });
}

function visiblePart(box: BoundingBox, inFront: readonly BoundingBox[]) {
  const [x, y, width, height] = box;
  const hiding = inFront.map(toCorners);
  const part = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  let count = 0;
  for (let index = 0; index < SAMPLES ** 2; index++) {
    const px = x + width * (index % SAMPLES + 0.5) / SAMPLES;
    const py = y + height * (Math.floor(index / SAMPLES) + 0.5) / SAMPLES;
    const isWithin = px >= 0 && py >= 0 && px < CLIP_SIZE.width && py < CLIP_SIZE.height;
    const isHidden = hiding.some(({ left, top, right, bottom }) =>
      px >= left && px < right && py >= top && py < bottom
    );
    if (!isWithin || isHidden) continue;
    count++;
    part.left = Math.min(part.left, px - width / SAMPLES / 2);
    part.right = Math.max(part.right, px + width / SAMPLES / 2);
    part.top = Math.min(part.top, py - height / SAMPLES / 2);
    part.bottom = Math.max(part.bottom, py + height / SAMPLES / 2);
  }
  const { left, top, right, bottom } = part;
  return { seen: clip([left, top, right - left, bottom - top]), visible: count / SAMPLES ** 2 };
}

function clip(box: BoundingBox): BoundingBox {
  const { left, top, right, bottom } = toCorners(box);
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  return [x, y, Math.min(CLIP_SIZE.width, right) - x, Math.min(CLIP_SIZE.height, bottom) - y];
}
