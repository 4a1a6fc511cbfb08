import type { JSX } from "preact";
import { RuleShape } from "../components/RuleShape.tsx";
import { type CameraSignals, findCamera } from "../lib/client/cameras/camera_signals.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** The zones and lines of a camera's rules, over what it sees. */
export function RuleOverlay({ signals, live, id }: {
  signals: CameraSignals;
  live: LiveSignals;
  id: string;
}): JSX.Element | null {
  const camera = findCamera(signals, id);
  const size = live.lastResult.value?.result.image;
  const isShown = live.stage.value.phase === "running" && signals.mode.value === "pictures";
  if (camera === undefined || size === undefined || !isShown) return null;
  return (
    <svg
      class="overlay"
      viewBox={`0 0 ${size.width} ${size.height}`}
      preserveAspectRatio={live.fillsStage.value ? "xMidYMid slice" : "xMidYMid meet"}
      aria-hidden="true"
    >
      {camera.rules.map(({ id, zone, line }) => (
        <RuleShape key={id} points={line ?? zone ?? []} isLine={line !== null} size={size} />
      ))}
    </svg>
  );
}
