import { useSignal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { currentChoice } from "../lib/client/overlay/display_settings.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { fileName, saveFile } from "../lib/client/save_file.ts";
import { type Snapshot, takeSnapshot } from "../lib/client/overlay/snapshot.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** Holds on to the last frame and what was found in it, to be saved as an image or as JSON. */
export function SnapshotButton({ live }: { live: LiveSignals }): JSX.Element {
  const snapshot = useSignal<Snapshot | null>(null);
  const take = async () => {
    const answered = live.lastAnswered.value;
    if (answered === null) return;
    snapshot.value = await takeSnapshot(answered, {
      choice: currentChoice(live),
      pipelineId: live.pipelineId.value,
      takenAt: new Date(),
    });
  };
  return (
    <>
      <button
        type="button"
        class="button"
        aria-label="Snapshot"
        title="Snapshot"
        disabled={live.lastAnswered.value === null}
        onClick={take}
      >
        <Icon name="snapshot" />
      </button>
      {snapshot.value !== null && (
        <SnapshotDialog
          snapshot={snapshot.value}
          onClose={() => snapshot.value = null}
        />
      )}
    </>
  );
}

function SnapshotDialog({ snapshot, onClose }: {
  snapshot: Snapshot;
  onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const image = useImage(snapshot.image);
  const { frameIndex, takenAt } = snapshot;
  const save = (content: Blob, extension: string) =>
    saveFile(content, fileName(takenAt, extension, `frame ${frameIndex}`));
  return (
    <Dialog
      dialog={dialog}
      class="snapshot"
      headingId="snapshot-heading"
      closesBeside
      onClose={onClose}
    >
      <div class="dialog-body">
        <h2 id="snapshot-heading">Frame {frameIndex}</h2>
        <img ref={image} alt="The frame with its overlay" />
        <div class="dialog-actions">
          <button
            type="button"
            class="button primary"
            onClick={() => save(snapshot.image, "png")}
          >
            <Icon name="save" />
            <span>Save image</span>
          </button>
          <button
            type="button"
            class="button"
            onClick={() => save(new Blob([snapshot.json], { type: "application/json" }), "json")}
          >
            <Icon name="save" />
            <span>Save JSON</span>
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            <span>Close</span>
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** Shows an image in the element that gets the reference. */
function useImage(shown: Blob): RefObject<HTMLImageElement> {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(shown);
    if (image.current !== null) image.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, []);
  return image;
}
