import type { JSX } from "preact";
import { explainCameraChange } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { Icon } from "./Icon.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";

/** What is said in place of the cameras: that there are none yet and how to add one, or why they are not known. */
export function CameraWelcome({ signals, onAdd }: {
  signals: CameraSignals;
  onAdd: () => void;
}): JSX.Element {
  const { cameras, problem, canChange } = signals;
  if (cameras.value === null && problem.value !== null) {
    return <ProblemNotice problem={problem.value} />;
  }
  if (cameras.value === null) {
    return (
      <div class="notice" data-phase="starting">
        <h2>Looking for cameras</h2>
        <span class="busy" aria-hidden="true" />
      </div>
    );
  }
  const forbidden = explainCameraChange();
  return (
    <div class="notice" data-phase="welcome">
      <h2>See what all your cameras see, named as it happens</h2>
      {canChange.value
        ? (
          <button type="button" class="button primary" onClick={onAdd}>
            <Icon name="add" />
            <span>Add a camera</span>
          </button>
        )
        : (
          <div class="notice-body">
            <p>
              <strong>{forbidden.title}.</strong> {forbidden.remedy}
            </p>
          </div>
        )}
      <div class="notice-aside">
        <p>
          All that is needed is the camera’s RTSP address. Its maker’s manual or its app has it,
          often under “RTSP” or “ONVIF”, such as
        </p>
        <p>
          <code>rtsp://user:password@192.168.1.20/stream1</code>
        </p>
        <p>
          Cameras that are plugged into the server, MJPEG and HLS addresses and video files work
          too.
        </p>
      </div>
    </div>
  );
}
