import type { JSX } from "preact";
import { CameraDialog } from "../components/CameraDialog.tsx";
import { CameraRunsSelect } from "../components/CameraRunsSelect.tsx";
import { Icon } from "../components/Icon.tsx";
import { ProblemText } from "../components/ProblemText.tsx";
import { cameraPage } from "../lib/client/cameras/camera_api.ts";
import { cameraFacts } from "../lib/client/cameras/camera_facts.ts";
import { explainCameraChange } from "../lib/client/cameras/camera_library.ts";
import { type CameraSignals, findCamera } from "../lib/client/cameras/camera_signals.ts";

/** What is known of a camera, and what can be done with it. */
export function CameraFacts({ signals, id }: {
  signals: CameraSignals;
  id: string;
}): JSX.Element {
  const { editing, pipelines, problem, news, canChange } = signals;
  const camera = findCamera(signals, id);
  const leave = (saved: string | null) => {
    if (saved === null) location.assign(cameraPage(location.href, null));
  };
  return (
    <section class="panel camera-facts" aria-labelledby="facts-heading">
      <h2 id="facts-heading">{camera?.name ?? "Camera"}</h2>
      <p class="hidden" role="status">{news.value}</p>
      {camera !== undefined && (
        <>
          <ProblemText problem={problem.value} />
          <div class="facts-actions">
            <CameraRunsSelect camera={camera} signals={signals} />
            {!camera.read_only && (
              <button
                type="button"
                class="button"
                disabled={!canChange.value}
                onClick={() => editing.value = camera}
              >
                <Icon name="edit" />
                <span>Edit</span>
              </button>
            )}
          </div>
          <p class="empty">{whyFixed(camera.read_only, canChange.value)}</p>
          <dl class="facts">
            {cameraFacts(camera, pipelines.value).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {editing.value !== null && editing.value !== "new" && (
        <CameraDialog camera={editing.value} signals={signals} onSaved={leave} />
      )}
    </section>
  );
}

function whyFixed(isReadOnly: boolean, canChange: boolean): string {
  if (isReadOnly) {
    return "It comes from the server’s CAMERAS_FILE, and is changed there by whoever runs the server.";
  }
  if (canChange) return "";
  const { title, remedy } = explainCameraChange();
  return `${title}. ${remedy}`;
}
