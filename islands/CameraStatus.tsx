import type { JSX } from "preact";
import { Pill } from "../components/Pill.tsx";
import { type CameraSignals, findCamera } from "../lib/client/cameras/camera_signals.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { describeCamera } from "../lib/client/cameras/camera_words.ts";

/** The state of one camera, in one word and its frames a second. */
export function CameraStatus({ signals, live, id }: {
  signals: CameraSignals;
  live: LiveSignals;
  id: string;
}): JSX.Element {
  const { phase } = live.stage.value;
  const isWatched = phase === "starting" || phase === "running";
  const camera = findCamera(signals, id);
  const unknown = { tone: "connecting", word: "Connecting", figures: "" } as const;
  const missing = { tone: "off", word: "Not there", figures: "" } as const;
  const without = signals.cameras.value === null ? unknown : missing;
  return <Pill status={camera === undefined ? without : describeCamera(camera, isWatched)} />;
}
