import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Banner } from "../components/Banner.tsx";
import { CameraCanvas } from "../components/CameraCanvas.tsx";
import { CameraCurtain } from "../components/CameraCurtain.tsx";
import { CameraVideo } from "../components/CameraVideo.tsx";
import { ProblemNotice } from "../components/ProblemNotice.tsx";
import { useWatchedCamera } from "../components/use_watched_camera.ts";
import { cameraVideoUrl } from "../lib/client/cameras/camera_api.ts";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import { largeCameraSession } from "../lib/client/cameras/camera_session.ts";
import { type CameraSignals, findCamera } from "../lib/client/cameras/camera_signals.ts";
import { isOn } from "../lib/client/cameras/camera_words.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** Shows what one camera sees: frame by frame, or as a video. */
export function CameraStage({ signals, live, id }: {
  signals: CameraSignals;
  live: LiveSignals;
  id: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const session = () => largeCameraSession(live);
  const isThere = useComputed(() => findCamera(signals, id) !== undefined);
  const isVideo = signals.mode.value === "video";
  const isWanted = isThere.value && !isVideo;
  const hasFrame = useWatchedCamera(canvas, { id, signals, live, session, isWanted });
  useEffect(() => cameraLibrary(signals).run(), []);
  const camera = findCamera(signals, id);
  const isShown = camera !== undefined && !isVideo && hasFrame.value && isOn(camera);
  return (
    <>
      <CameraCanvas
        canvas={canvas}
        name={camera?.name ?? id}
        isShown={isShown}
        isFilled={live.fillsStage.value}
      />
      {camera === undefined
        ? <NoCamera signals={signals} id={id} />
        : isVideo
        ? <CameraVideo url={cameraVideoUrl(location.href, id)} name={camera.name} />
        : <CameraCurtain camera={camera} signals={signals} hasFrame={isShown} />}
      {isWanted && <Banner live={live} onRetry={() => session().retry()} />}
    </>
  );
}

/** What is said while the camera is not known, or where there is none. */
function NoCamera({ signals, id }: { signals: CameraSignals; id: string }): JSX.Element {
  const { problem, cameras } = signals;
  if (cameras.value === null && problem.value === null) {
    return (
      <div class="curtain">
        <span class="busy" aria-hidden="true" />
      </div>
    );
  }
  const missing = {
    title: `There is no camera “${id}”`,
    remedy: "It may have been deleted.",
  };
  return <ProblemNotice problem={problem.value ?? missing} />;
}
