import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { BannerBox } from "../components/BannerBox.tsx";
import { CameraDialog } from "../components/CameraDialog.tsx";
import { CameraTile } from "../components/CameraTile.tsx";
import { CameraWelcome } from "../components/CameraWelcome.tsx";
import { Icon } from "../components/Icon.tsx";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import { displaySignals, restoreDisplay } from "../lib/client/overlay/display_settings.ts";

/** What all cameras see, and how they are added and changed. */
export function CameraGrid({ signals }: { signals: CameraSignals }): JSX.Element {
  const { cameras, canChange, problem, editing, news } = signals;
  const display = useMemo(() => displaySignals(createLiveSignals()), []);
  const addButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    restoreDisplay(display);
    return cameraLibrary(signals).run();
  }, []);
  // The button that opened the dialog may be gone.
  const focus = (id: string | null) =>
    (document.getElementById(`camera-${id}`) ?? addButton.current)?.focus();
  const add = () => editing.value = "new";
  const list = cameras.value ?? [];
  return (
    <>
      <div class="title">
        <h1>
          Cameras <span class="tally">{list.length > 0 ? list.length : ""}</span>
        </h1>
        <button
          ref={addButton}
          type="button"
          class="button"
          disabled={cameras.value === null || !canChange.value}
          onClick={add}
        >
          <Icon name="add" />
          <span>Add a camera</span>
        </button>
      </div>
      <p class="hidden" role="status">{news.value}</p>
      {list.length === 0
        ? (
          <section class="stage" aria-label="Cameras">
            <div class="viewport">
              <CameraWelcome signals={signals} onAdd={add} />
            </div>
          </section>
        )
        : (
          <ul class="tiles">
            {list.map((camera) => (
              <CameraTile key={camera.id} camera={camera} signals={signals} display={display} />
            ))}
          </ul>
        )}
      {cameras.value !== null && problem.value !== null && (
        <div class="camera-problem">
          <BannerBox why={problem.value}>
            <button type="button" class="button" onClick={() => problem.value = null}>Close</button>
          </BannerBox>
        </div>
      )}
      {editing.value !== null && (
        <CameraDialog
          camera={editing.value === "new" ? null : editing.value}
          signals={signals}
          onSaved={focus}
        />
      )}
    </>
  );
}
