import { type Signal, useSignal } from "@preact/signals";
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

/** A form for a rule of a camera, and what can be done with it. */
export interface RuleFormState {
  /** What is filled in. */
  form: Signal<RuleForm>;
  /** What is wrong with it. */
  errors: Signal<RuleErrors>;
  /** What went wrong that belongs to no field; `null` when nothing did. */
  problem: Signal<Explanation | null>;
  /** Whether the server has been asked to save or delete it, and has not answered. */
  isBusy: Signal<boolean>;
  /** Fills in a field. */
  fill(changes: Partial<RuleForm>): void;
  /** Sends what is filled in. @returns Whether the server took it. */
  save(): Promise<boolean>;
  /** Removes the rule. @returns Whether the server did. */
  remove(): Promise<boolean>;
}

/** Keeps a form, for a new rule where `rule` is `null`. */
export function useRuleForm(
  signals: CameraSignals,
  camera: CameraView,
  rule: Rule | null,
): RuleFormState {
  const form = useSignal(toRuleForm(rule));
  const errors = useSignal<RuleErrors>({});
  const problem = useSignal<Explanation | null>(null);
  const isBusy = useSignal(false);

  const fill = (changes: Partial<RuleForm>) => {
    const turned = changes.when !== undefined &&
      needsLine(changes.when) !== needsLine(form.value.when);
    form.value = { ...form.value, ...changes, ...turned && { points: [] } };
    errors.value = {};
  };
  const send = async (rules: unknown[], index: number): Promise<boolean> => {
    isBusy.value = true;
    problem.value = null;
    try {
      await cameraLibrary(signals).changeRules(camera.id, rules);
      return true;
    } catch (error) {
      const atField = error instanceof ApiError
        ? ruleErrorAtField(error.field, error.detail, index)
        : null;
      if (atField === null) problem.value = explainCameraError(error);
      else errors.value = atField;
      return false;
    } finally {
      isBusy.value = false;
    }
  };
  /** The rules of the camera as they will be, and where among them this one is. */
  const changed = (): [rules: unknown[], index: number] => {
    const others = camera.rules.filter(({ id }) => id !== rule?.id);
    const saved = toRule(form.value, rule, others.map(({ id }) => id));
    const rules: readonly unknown[] = camera.rules;
    const index = camera.rules.findIndex(({ id }) => id === rule?.id);
    return index < 0 ? [[...rules, saved], rules.length] : [rules.with(index, saved), index];
  };
  const save = async () => {
    errors.value = checkRuleForm(form.value);
    return Object.keys(errors.value).length === 0 && await send(...changed());
  };
  const remove = () => send(camera.rules.filter(({ id }) => id !== rule?.id), -1);
  return { form, errors, problem, isBusy, fill, save, remove };
}
