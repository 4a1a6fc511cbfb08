/** Everything that the islands of the cameras page share. */

import { type Signal, signal } from "@preact/signals";
import type { CameraView } from "../../protocol/camera.ts";
import type { PipelineSummary } from "../../protocol/pipeline_list.ts";
import type { Explanation } from "../explanation.ts";

/** How a camera that is shown large is watched. */
export type CameraMode =
  /** Frame by frame as they are answered, with the results drawn here. */
  | "pictures"
  /** As a video that the server makes, with the results drawn in. */
  | "video";

/** The signals of one cameras page. */
export interface CameraSignals {
  /** In the server's order; `null` before it has answered. */
  cameras: Signal<CameraView[] | null>;
  /** Whether the server takes changes of cameras from here. */
  canChange: Signal<boolean>;
  /** In the server's order; empty before it has answered. */
  pipelines: Signal<PipelineSummary[]>;
  /** What went wrong last; `null` when all is well. */
  problem: Signal<Explanation | null>;
  /** The camera whose settings are open, as it was when they were opened; `null` for none. */
  editing: Signal<CameraView | "new" | null>;
  /** How the camera that is shown large is watched. */
  mode: Signal<CameraMode>;
  /** The time now, in milliseconds since the epoch; renewed once a second. */
  now: Signal<number>;
  /** What has changed, for those who do not see it; empty for nothing to be told. */
  news: Signal<string>;
}

/** Creates the signals of one page, as they are before anything is known. */
export function createCameraSignals(): CameraSignals {
  return {
    cameras: signal<CameraView[] | null>(null),
    canChange: signal(false),
    pipelines: signal<PipelineSummary[]>([]),
    problem: signal<Explanation | null>(null),
    editing: signal<CameraView | "new" | null>(null),
    mode: signal<CameraMode>("pictures"),
    now: signal(0),
    news: signal(""),
  };
}

/** The camera with an id as the server told it last; `undefined` where it has told of none. */
export function findCamera({ cameras }: CameraSignals, id: string): CameraView | undefined {
  return cameras.value?.find((camera) => camera.id === id);
}
