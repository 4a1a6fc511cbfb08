/** A video with known paths: parts of photographs that move over grass. */

import { Studio } from "../detection/tracking/filmed_clips.ts";
import { sceneFrames } from "../detection/tracking/clips.ts";
import { CLIP_SIZE, KINDS, type Scene } from "../detection/tracking/scene.ts";
import { H264 } from "../video/media.ts";
import { walker } from "./made_clip.ts";

/** A person walks to the right-hand half, stays there from 3 to 7 s and walks back; a dog stands above the left end of the way. */
export const VISIT: Scene = {
  seconds: 10,
  framesPerSecond: 10,
  actors: [
    walker(KINDS.smallDog, 110, [[0, 110, 125], [20, 110, 125]]),
    walker(KINDS.person, 280, [[0, 60, 420], [3, 500, 420], [7, 500, 420], [9.5, 130, 420], [
      20,
      130,
      420,
    ]]),
  ],
};

/** Makes the video. */
export async function filmVideo(scene: Scene, path: string): Promise<void> {
  const { width, height } = CLIP_SIZE;
  const rate = String(scene.framesPerSecond);
  const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", rate];
  const child = new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-y", ...raw, "-i", "-", ...H264, path],
    stdin: "piped",
    stderr: "inherit",
  }).spawn();
  const studio = new Studio();
  const writer = child.stdin.getWriter();
  for (const { actors } of sceneFrames(scene)) await writer.write(await studio.film(actors));
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new Error("Cannot make a video");
}

/** Rules for {@linkcode VISIT}, and what each has to notice: its type, class, direction and count, and about when in seconds. */
export const VISIT_RULES = [
  { id: "in", when: "enter", zone: [[0.5, 0], [1, 0], [1, 1], [0.5, 1]], classes: ["person"] },
  { id: "out", when: "leave", zone: [[0.5, 0], [1, 0], [1, 1], [0.5, 1]] },
  { id: "stay", when: "dwell", zone: [[0.6, 0.5], [1, 0.5], [1, 1], [0.6, 1]], seconds: 2 },
  { id: "long", when: "dwell", zone: [[0.6, 0.5], [1, 0.5], [1, 1], [0.6, 1]], seconds: 8 },
  { id: "line", when: "cross", line: [[0.5, 1], [0.5, 0]], cooldown_s: 0 },
  { id: "both", when: "count", classes: ["person", "dog"], at_least: 2 },
  { id: "crowd", when: "count", at_least: 4 },
];

/** See {@linkcode VISIT_RULES}. */
export const VISIT_EVENTS: readonly (readonly [rule: string, what: string, second: number])[] = [
  ["both", "count 2", 0.3],
  ["in", "enter person", 2],
  ["line", "cross person in 1", 2],
  ["stay", "dwell person", 4.4],
  ["out", "leave person", 8.3],
  ["line", "cross person out 1", 8.3],
];
