import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { cameraSnapshotUrl } from "../lib/client/cameras/camera_api.ts";
import { cameraLibrary, explainCameraError } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { Explanation } from "../lib/client/explanation.ts";
import {
  checkRuleForm,
  needsLine,
  ruleErrorAtField,
  type RuleErrors,
  type RuleForm,
  toRule,
  toRuleForm,
} from "../lib/client/rules/rule_form.ts";
import { ApiError } from "../lib/client/server_api.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import type { Rule } from "../lib/protocol/rule.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { RuleFields } from "./RuleFields.tsx";
import { ShapeEditor } from "./ShapeEditor.tsx";

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
  const form = useSignal(toRuleForm(rule));
  const errors = useSignal<RuleErrors>({});
  const problem = useSignal<Explanation | null>(null);
  const isBusy = useSignal(false);
  // A new picture for each time that the dialog is opened, and not for each change in it.
  const picture = useRef(cameraSnapshotUrl(location.href, camera.id));
  const fill = (changes: Partial<RuleForm>) => {
    const turned = changes.when !== undefined &&
      needsLine(changes.when) !== needsLine(form.value.when);
    form.value = { ...form.value, ...changes, ...turned && { points: [] } };
    errors.value = {};
  };
  const send = async (rules: unknown[], index: number) => {
    isBusy.value = true;
    problem.value = null;
    try {
      await cameraLibrary(signals).changeRules(camera.id, rules);
      dialog.current?.close();
    } catch (error) {
      const atField = error instanceof ApiError
        ? ruleErrorAtField(error.field, error.detail, index)
        : null;
      if (atField === null) problem.value = explainCameraError(error);
      else errors.value = atField;
    } finally {
      isBusy.value = false;
    }
  };
  const save = async (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const page = event.currentTarget;
    errors.value = checkRuleForm(form.value);
    if (Object.keys(errors.value).length === 0) await send(...changed());
    // Once the fields say so.
    requestAnimationFrame(() => page.querySelector<HTMLElement>(`[aria-invalid="true"]`)?.focus());
  };
  /** The rules of the camera as they will be, and where among them this one is. */
  const changed = (): [rules: unknown[], index: number] => {
    const others = camera.rules.filter(({ id }) => id !== rule?.id);
    const saved = toRule(form.value, rule, others.map(({ id }) => id));
    const rules: readonly unknown[] = camera.rules;
    const index = camera.rules.findIndex(({ id }) => id === rule?.id);
    return index < 0 ? [[...rules, saved], rules.length] : [rules.with(index, saved), index];
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
      <form class="dialog-body rule-body" noValidate onSubmit={save}>
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
        {problem.value !== null && (
          <p class="problem" role="alert">
            <strong>{problem.value.title}.</strong> {problem.value.remedy}
          </p>
        )}
        <div class="dialog-actions">
          <button type="submit" class="button primary" disabled={isBusy.value}>
            <Icon name="check" />
            <span>{rule === null ? "Add rule" : "Save"}</span>
          </button>
          {rule !== null && (
            <button
              type="button"
              class="button danger"
              disabled={isBusy.value}
              onClick={() => send(camera.rules.filter(({ id }) => id !== rule.id), -1)}
            >
              <Icon name="delete" />
              <span>Delete</span>
            </button>
          )}
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            <span>Cancel</span>
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function shapeHint(isLine: boolean): string {
  return isLine
    ? "Tap where the line starts and where it ends; the arrow points inwards. Drag the ends, or move " +
      "them with the arrow keys."
    : "Tap the corners of the part that counts; without corners the whole picture does. Drag them, " +
      "move them with the arrow keys, or take one away with Delete.";
}
