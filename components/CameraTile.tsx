import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { cameraPage } from "../lib/client/cameras/camera_api.ts";
import { createCameraSession } from "../lib/client/cameras/camera_session.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { describeCamera, isOn } from "../lib/client/cameras/camera_words.ts";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import type { DisplaySignals } from "../lib/client/overlay/display_settings.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import { CameraCanvas } from "./CameraCanvas.tsx";
import { CameraCurtain } from "./CameraCurtain.tsx";
import { CameraPowerButton } from "./CameraPowerButton.tsx";
import { Icon } from "./Icon.tsx";
import { Pill } from "./Pill.tsx";
import { ResultOverlay } from "./ResultOverlay.tsx";
import { useWatchedCamera } from "./use_watched_camera.ts";

/** One camera among others: what it sees, with its overlay, and its state. */
export function CameraTile({ camera, signals, display }: {
  camera: CameraView;
  signals: CameraSignals;
  /** What is drawn, for all cameras alike. */
  display: DisplaySignals;
}): JSX.Element {
  const { id, name } = camera;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { live, session } = useMemo(() => {
    const live = { ...createLiveSignals(), ...display };
    return { live, session: createCameraSession(live) };
  }, []);
  const hasFrame = useWatchedCamera(canvas, {
    id,
    signals,
    live,
    session: () => session,
    isWanted: true,
  });
  const { phase } = live.stage.value;
  const isWatched = phase === "starting" || phase === "running";
  const isShown = hasFrame.value && isOn(camera);
  return (
    <li class="tile">
      <div class="viewport screen">
        <CameraCanvas
          canvas={canvas}
          name={name}
          isShown={isShown}
          isFilled={display.fillsStage.value}
        />
        <ResultOverlay live={live} />
        <CameraCurtain camera={camera} signals={signals} hasFrame={isShown} />
      </div>
      <div class="tile-bar">
        <div>
          <h2>
            <a id={`camera-${id}`} class="tile-name" href={cameraPage(location.href, id)}>{name}</a>
          </h2>
          <Pill status={describeCamera(camera, isWatched)} isQuiet />
        </div>
        <div>
          <p class="tile-facts">{describeFacts(camera, signals)}</p>
          <div class="tile-actions">
            {signals.canChange.value && <CameraPowerButton camera={camera} signals={signals} />}
            {signals.canChange.value && !camera.read_only && (
              <button
                type="button"
                class="button"
                aria-label={`Edit ${name}`}
                title="Edit"
                onClick={() => signals.editing.value = camera}
              >
                <Icon name="edit" />
              </button>
            )}
          </div>
        </div>
      </div>
    </li>
  );
}

function describeFacts(camera: CameraView, { pipelines }: CameraSignals): string {
  const { pipeline_id, width, height, read_only, forced } = camera;
  const pipeline = pipelines.value.find(({ id }) => id === pipeline_id)?.name ?? pipeline_id;
  return [
    pipeline,
    forced === "on" ? "kept on" : "",
    read_only ? "CAMERAS_FILE" : "",
    width !== null && height !== null ? `${width}×${height}` : "",
  ].filter((fact) => fact !== "").join(" · ");
}
