import { useSignal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import { CameraFields } from "./CameraFields.tsx";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { ProblemText } from "./ProblemText.tsx";
import { type CameraFormState, useCameraForm } from "./use_camera_form.ts";

/** Adds a camera, or changes or deletes one. */
export function CameraDialog({ camera, signals, onSaved }: {
  /** The camera that is to be changed; `null` for a new one. */
  camera: CameraView | null;
  signals: CameraSignals;
  /** Called with the id after it was saved, and with `null` after it was deleted. */
  onSaved: (id: string | null) => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const deleteButton = useRef<HTMLButtonElement>(null);
  const isAsking = useSignal(false);
  const state = useCameraForm(signals, camera);
  const closeAfter = (id: string | null) => {
    // Somebody may have closed it meanwhile, and be elsewhere.
    if (dialog.current === null) return;
    dialog.current.close();
    onSaved(id);
  };
  const save = async (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (await state.save()) closeAfter(state.form.value.id);
    else form.querySelector<HTMLElement>(`[aria-invalid="true"]`)?.focus();
  };
  const remove = async () => await state.remove() && closeAfter(null);
  const keep = () => {
    isAsking.value = false;
    // The button that was pressed is gone, and the other one is there again only then.
    setTimeout(() => deleteButton.current?.focus());
  };
  return (
    <Dialog
      dialog={dialog}
      class="camera-dialog"
      headingId="camera-heading"
      onClose={() => signals.editing.value = null}
    >
      <form class="dialog-body" noValidate onSubmit={save}>
        <h2 id="camera-heading">{camera === null ? "Add a camera" : `Edit ${camera.name}`}</h2>
        <CameraFields state={state} signals={signals} />
        <ProblemText problem={state.problem.value} />
        {camera !== null && isAsking.value
          ? (
            <DeleteQuestion
              camera={camera}
              isBusy={state.isBusy.value}
              onDelete={remove}
              onKeep={keep}
            />
          )
          : (
            <Actions
              state={state}
              deleteButton={deleteButton}
              onDelete={() => isAsking.value = true}
              onCancel={() => dialog.current?.close()}
            />
          )}
      </form>
    </Dialog>
  );
}

function Actions({ state: { camera, isBusy }, deleteButton, onDelete, onCancel }: {
  state: CameraFormState;
  deleteButton: RefObject<HTMLButtonElement>;
  onDelete: () => void;
  onCancel: () => void;
}): JSX.Element {
  return (
    <div class="dialog-actions">
      <button type="submit" class="button primary" disabled={isBusy.value}>
        <Icon name="check" />
        <span>{camera === null ? "Add camera" : "Save"}</span>
      </button>
      {camera !== null && (
        <button
          ref={deleteButton}
          type="button"
          class="button danger"
          disabled={isBusy.value}
          onClick={onDelete}
        >
          <Icon name="delete" />
          <span>Delete</span>
        </button>
      )}
      <button type="button" class="button" onClick={onCancel}>
        <span>Cancel</span>
      </button>
    </div>
  );
}

/** Asks once more, in the place of the other buttons. */
function DeleteQuestion({ camera: { name }, isBusy, onDelete, onKeep }: {
  camera: CameraView;
  isBusy: boolean;
  onDelete: () => void;
  onKeep: () => void;
}): JSX.Element {
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => question.current?.focus(), []);
  return (
    <>
      <p ref={question} class="question" tabIndex={-1}>
        Delete <strong>{name}</strong> for good? The camera itself is not touched.
      </p>
      <div class="dialog-actions">
        <button type="button" class="button danger" disabled={isBusy} onClick={onDelete}>
          <Icon name="delete" />
          <span>Delete camera</span>
        </button>
        <button type="button" class="button" onClick={onKeep}>
          <span>Keep it</span>
        </button>
      </div>
    </>
  );
}
