import type { JSX } from "preact";
import type { ForceAction } from "../lib/client/cameras/camera_api.ts";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { CameraView } from "../lib/protocol/camera.ts";

/** What is asked of the server for each state of `forced`. */
const ACTIONS = { on: "start", off: "stop" } as const;

/** Chooses when a camera runs: as it is set, or kept on or off for everyone. */
export function CameraRunsSelect({ camera: { id, always, forced }, signals }: {
  camera: CameraView;
  signals: CameraSignals;
}): JSX.Element {
  const choose = (event: JSX.TargetedEvent<HTMLSelectElement>) =>
    cameraLibrary(signals).force(id, event.currentTarget.value as ForceAction);
  return (
    <label class="runs">
      Runs
      <span class="select">
        <select
          value={forced === null ? "auto" : ACTIONS[forced]}
          disabled={!signals.canChange.value}
          onChange={choose}
        >
          <option value="auto">{always ? "Always" : "While somebody looks"}</option>
          <option value="start">Kept on</option>
          <option value="stop">Kept off</option>
        </select>
      </span>
    </label>
  );
}
