import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import {
  describeCameraRetry,
  explainCameraFailure,
  isOn,
} from "../lib/client/cameras/camera_words.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import { Icon } from "./Icon.tsx";

/** What is said over the image of a camera: why there is none, or why it is an old one. */
export function CameraCurtain({ camera, signals, hasFrame }: {
  camera: CameraView;
  signals: CameraSignals;
  /** Whether there is an image below. */
  hasFrame: boolean;
}): JSX.Element | null {
  const failure = useRef<CameraView["last_error"]>(null);
  const { state, last_error } = camera;
  // What went wrong stays in sight while it is tried again.
  if (state === "failed") failure.current = last_error;
  else if (state !== "starting") failure.current = null;
  if (failure.current !== null) {
    const { title, remedy } = explainCameraFailure(failure.current);
    return (
      <div class="curtain" data-failed="true" data-over={hasFrame}>
        <Icon name="alert" />
        <p>
          <strong>{title}.</strong> {remedy}
        </p>
        <p class="curtain-retry">{describeCameraRetry(camera, signals.now.value)}</p>
      </div>
    );
  }
  if (camera.forced === "off") {
    return (
      <div class="curtain">
        <p>
          <strong>Turned off.</strong> It stays so until somebody starts it.
        </p>
      </div>
    );
  }
  if (hasFrame && isOn(camera)) return null;
  return (
    <div class="curtain">
      <span class="busy" aria-hidden="true" />
    </div>
  );
}
