import type { JSX } from "preact";
import { FullScreenButton } from "../components/FullScreenButton.tsx";
import { RecordButton } from "../components/RecordButton.tsx";
import { SnapshotButton } from "../components/SnapshotButton.tsx";
import { largeCameraSession } from "../lib/client/cameras/camera_session.ts";
import type { CameraMode, CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** Chooses how a camera is watched; keeps and enlarges what it sees. */
export function CameraControls({ signals: { mode }, live }: {
  signals: CameraSignals;
  live: LiveSignals;
}): JSX.Element {
  const choose = (event: JSX.TargetedEvent<HTMLSelectElement>) => {
    mode.value = event.currentTarget.value as CameraMode;
  };
  return (
    <>
      <label class="select">
        <span class="hidden">Watch as</span>
        <select value={mode.value} onChange={choose}>
          <option value="pictures">Live pictures</option>
          <option value="video">Video (HLS)</option>
        </select>
      </label>
      <div class="actions">
        <SnapshotButton live={live} />
        <RecordButton live={live} element={() => largeCameraSession(live).element} />
        <FullScreenButton />
      </div>
    </>
  );
}
