/** What people are told about the state of a camera. */

import type { CameraView } from "../../protocol/camera.ts";
import type { Explanation } from "../explanation.ts";
import type { StatusDescription } from "../live/status_pill.ts";

const FAILURES: Readonly<Record<string, Explanation>> = {
  unreachable: {
    title: "The camera cannot be reached",
    remedy: "Check that it is switched on, and that the server is on its network.",
  },
  unauthorized: {
    title: "Wrong user or password",
    remedy: "Enter the address again, with the right ones.",
  },
  not_found: {
    title: "The camera has no such path",
    remedy: "Look up the path of its address in its manual or its app.",
  },
  no_video: {
    title: "There is no video track",
    remedy: "Check that the address is the one of the video, and not of sound or a web page.",
  },
  unknown_codec: {
    title: "The codec is unknown",
    remedy: "Set the camera to H.264 or H.265.",
  },
  timed_out: {
    title: "Timed out: no frame for ten seconds",
    remedy: "The camera may be overloaded, or the network between it and the server slow.",
  },
  ended: {
    title: "The video has ended",
    remedy: "The camera has closed the connection.",
  },
  crashed: {
    title: "The decoder crashed",
    remedy: "If it happens again, the server’s log says why.",
  },
  too_much_memory: {
    title: "The video needs too much memory",
    remedy: "Set the camera to a smaller size, or use the address of its sub-stream.",
  },
  no_device: {
    title: "There is no such device",
    remedy: "Check that the camera is plugged into the server, and that the server may use it.",
  },
  pipeline_failure: {
    title: "The pipeline failed on a frame",
    remedy: "If it happens again, the server’s log says why.",
  },
};

/** The longest wait of the server between two attempts, in seconds. */
const LONGEST_RETRY_S = 60;

/** Says why a camera gives no frames. */
export function explainCameraFailure(
  { code, detail }: { code: string; detail: string },
): Explanation {
  return FAILURES[code] ?? { title: detail === "" ? "The camera failed" : detail, remedy: "" };
}

/** When a camera that failed is tried again, such as `Trying again in 4 s`; empty when nobody waits for that. */
export function describeCameraRetry(
  { state, retry_at }: Pick<CameraView, "state" | "retry_at">,
  now: number,
): string {
  if (state === "starting") return "Trying again now";
  if (retry_at === null) return "";
  const seconds = Math.ceil((Date.parse(retry_at) - now) / 1000);
  // The clock of this device may be wrong.
  return seconds >= 1 && seconds <= LONGEST_RETRY_S
    ? `Trying again in ${seconds} s`
    : "Trying again in a moment";
}

/**
 * The state of a camera as its pill shows it.
 *
 * @param isWatched Whether it is watched here, which starts it; the server may have told its state before that.
 */
export function describeCamera(
  { state, forced, answered_fps }: Pick<CameraView, "state" | "forced" | "answered_fps">,
  isWatched: boolean,
): StatusDescription {
  switch (isWatched && forced !== "off" && state === "idle" ? "starting" : state) {
    case "starting":
      return { tone: "connecting", word: "Starting", figures: "" };
    case "active":
      return { tone: "live", word: "Live", figures: `${formatFps(answered_fps)} FPS` };
    case "failed":
      return { tone: "lost", word: "Failed", figures: "" };
    case "idle":
    case "stopping":
      return { tone: "off", word: "Off", figures: "" };
  }
}

/** Frames a second, with a decimal only where it tells something: below 10. */
export function formatFps(fps: number): string {
  return fps >= 10 ? String(Math.round(fps)) : String(Math.round(fps * 10) / 10);
}

/** Whether a camera runs, or is about to. */
export function isOn({ state }: Pick<CameraView, "state">): boolean {
  return state === "starting" || state === "active" || state === "failed";
}

/**
 * What those are told who do not see the pills: which cameras have failed, and which are back.
 *
 * @returns Empty for nothing new.
 */
export function describeChanges(
  before: readonly CameraView[],
  after: readonly CameraView[],
): string {
  return after.flatMap(({ id, name, state, last_error }) => {
    const old = before.find((camera) => camera.id === id)?.state;
    if (old === undefined || old === state) return [];
    if (state === "failed" && last_error !== null) {
      return [`${name}: ${explainCameraFailure(last_error).title}.`];
    }
    return state === "active" ? [`${name} is live.`] : [];
  }).join(" ");
}
