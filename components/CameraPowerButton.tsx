import type { JSX } from "preact";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import { Icon } from "./Icon.tsx";

/** Turns a camera off for everyone, or lets it run again as it is set. */
export function CameraPowerButton({ camera: { id, name, forced }, signals }: {
  camera: CameraView;
  signals: CameraSignals;
}): JSX.Element {
  const isOff = forced === "off";
  return (
    <button
      type="button"
      class="button"
      aria-label={`${isOff ? "Start" : "Stop"} ${name}`}
      title={isOff ? "Start" : "Stop, for everyone"}
      disabled={!signals.canChange.value}
      onClick={() => cameraLibrary(signals).force(id, isOff ? "auto" : "stop")}
    >
      <Icon name={isOff ? "play" : "stop"} />
    </button>
  );
}
