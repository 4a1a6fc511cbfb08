import type { JSX } from "preact";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import { Icon } from "./Icon.tsx";

/** Turns a camera off for everyone, or on again. */
export function CameraPowerButton({ camera, signals, isSmall = false }: {
  camera: CameraView;
  signals: CameraSignals;
  /**
   * Whether it shows only its symbol.
   *
   * @default {false}
   */
  isSmall?: boolean;
}): JSX.Element {
  const { id, name, forced } = camera;
  const isOff = forced === "off";
  const word = isOff ? "Start" : "Stop";
  return (
    <button
      type="button"
      class="button"
      aria-label={isSmall ? `${word} ${name}` : undefined}
      title={isOff ? "Start, and keep it on" : "Stop, for everyone"}
      disabled={!signals.canChange.value}
      onClick={() => cameraLibrary(signals).force(id, isOff ? "start" : "stop")}
    >
      <Icon name={isOff ? "play" : "stop"} />
      {!isSmall && <span>{word}</span>}
    </button>
  );
}
