import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { cameraSnapshotUrl } from "../lib/client/cameras/camera_api.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { needsLine } from "../lib/client/rules/rule_form.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import type { Rule } from "../lib/protocol/rule.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { ProblemText } from "./ProblemText.tsx";
import { RuleFields } from "./RuleFields.tsx";
import { ShapeEditor } from "./ShapeEditor.tsx";
import { useRuleForm } from "./use_rule_form.ts";

/** Shape of a picture whose size is not known yet. */
const USUAL_SIZE = { width: 16, height: 9 };

/** Adds a rule of a camera, or changes or deletes one. */
export function RuleDialog({ rule, camera, signals, onClose }: {
  /** The rule that is to be changed; `null` for a new one. */
  rule: Rule | null;
  camera: CameraView;
  signals: CameraSignals;
  onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { form, errors, problem, isBusy, fill, save, remove } = useRuleForm(signals, camera, rule);
  // A new picture for each time that the dialog is opened, and not for each change in it.
  const picture = useRef(cameraSnapshotUrl(location.href, camera.id));
  const onSubmit = async (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const page = event.currentTarget;
    if (await save()) dialog.current?.close();
    // Once the fields say so.
    else {requestAnimationFrame(() =>
        page.querySelector<HTMLElement>(`[aria-invalid="true"]`)?.focus()
      );}
  };
  const isLine = needsLine(form.value.when);
  const size = camera.width === null || camera.height === null
    ? USUAL_SIZE
    : { width: camera.width, height: camera.height };
  return (
    <Dialog
      dialog={dialog}
      headingId="rule-heading"
      onClose={onClose}
    >
      <form class="dialog-body rule-body" noValidate onSubmit={onSubmit}>
        <h2 id="rule-heading">{rule === null ? "Add a rule" : `Edit ${rule.name ?? rule.id}`}</h2>
        <RuleFields form={form} errors={errors} fill={fill} />
        <p class="field-note" data-wrong={errors.value.points !== undefined} role="status">
          {errors.value.points ?? shapeHint(isLine)}
        </p>
        <ShapeEditor
          picture={picture.current}
          size={size}
          points={form.value.points}
          isLine={isLine}
          onChange={(points) => fill({ points })}
        />
        <ProblemText problem={problem.value} />
        <Actions
          isNew={rule === null}
          isBusy={isBusy.value}
          onDelete={async () => await remove() && dialog.current?.close()}
          onCancel={() => dialog.current?.close()}
        />
      </form>
    </Dialog>
  );
}

function Actions({ isNew, isBusy, onDelete, onCancel }: {
  isNew: boolean;
  isBusy: boolean;
  onDelete: () => void;
  onCancel: () => void;
}): JSX.Element {
  return (
    <div class="dialog-actions">
      <button type="submit" class="button primary" disabled={isBusy}>
        <Icon name="check" />
        <span>{isNew ? "Add rule" : "Save"}</span>
      </button>
      {!isNew && (
        <button type="button" class="button danger" disabled={isBusy} onClick={onDelete}>
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

function shapeHint(isLine: boolean): string {
  return isLine
    ? "Tap where the line starts and where it ends; the arrow points inwards. Drag the ends, or move " +
      "them with the arrow keys."
    : "Tap the corners of the part that counts; without corners the whole picture does. Drag them, " +
      "move them with the arrow keys, or take one away with Delete.";
}
