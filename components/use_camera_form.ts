import { batch, type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { testCamera } from "../lib/client/cameras/camera_api.ts";
import {
  type CameraForm,
  checkAddress,
  checkForm,
  errorAtField,
  type FormErrors,
  idFromName,
  toChanges,
  toForm,
  toSettings,
  toTrial,
} from "../lib/client/cameras/camera_form.ts";
import { cameraLibrary, explainCameraError } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { Explanation } from "../lib/client/explanation.ts";
import { firstChoice } from "../lib/client/pipelines.ts";
import { recall } from "../lib/client/remember.ts";
import { ApiError } from "../lib/client/server_api.ts";
import type { CameraView } from "../lib/protocol/camera.ts";
import type { CameraTested } from "../lib/protocol/camera_definition.ts";

/** What came of a test; `running` until then, `null` before the first. */
export type TestOutcome = CameraTested | "running" | null;

/** A form for a camera, and what can be done with it. */
export interface CameraFormState {
  /** The camera that is to be changed; `null` for a new one. */
  camera: CameraView | null;
  /** What is filled in. */
  form: Signal<CameraForm>;
  /** What is wrong with it. */
  errors: Signal<FormErrors>;
  /** What went wrong that belongs to no field; `null` when nothing did. */
  problem: Signal<Explanation | null>;
  /** What came of the last test of the address. */
  test: Signal<TestOutcome>;
  /** Whether the server has been asked to save or delete it, and has not answered. */
  isBusy: Signal<boolean>;
  /** Fills in a field. */
  fill(changes: Partial<CameraForm>): void;
  /** Lets the server open the address. */
  tryAddress(): Promise<void>;
  /** Sends what is filled in. @returns Whether the server took it. */
  save(): Promise<boolean>;
  /** Removes the camera. @returns Whether the server did. */
  remove(): Promise<boolean>;
}

/** Keeps a form, for a new camera where `camera` is `null`. */
export function useCameraForm(signals: CameraSignals, camera: CameraView | null): CameraFormState {
  const usual = firstChoice(signals.pipelines.peek(), recall("livesyte.pipeline")) ?? "";
  const form = useSignal(toForm(camera, usual));
  const errors = useSignal<FormErrors>({});
  const problem = useSignal<Explanation | null>(null);
  const isBusy = useSignal(false);
  const hasOwnId = useRef(camera !== null);
  const taken = () => (signals.cameras.peek() ?? []).map(({ id }) => id);
  const { test, tryAddress } = useTest(form, errors, problem, camera);

  const fill = (changes: Partial<CameraForm>) => {
    if (changes.id !== undefined) hasOwnId.current = true;
    const followsName = changes.name !== undefined && !hasOwnId.current;
    const id = followsName ? { id: idFromName(changes.name ?? "", taken()) } : {};
    const filled = { ...changes, ...id };
    const mended = Object.keys(filled);
    batch(() => {
      form.value = { ...form.value, ...filled };
      errors.value = Object.fromEntries(
        Object.entries(errors.value).filter(([field]) => !mended.includes(field)),
      );
    });
  };
  const send = async (action: () => Promise<void>): Promise<boolean> => {
    isBusy.value = true;
    problem.value = null;
    try {
      await action();
      return true;
    } catch (error) {
      const atField = error instanceof ApiError ? errorAtField(error.field, error.detail) : null;
      errors.value = atField ?? {};
      if (atField === null) problem.value = explainCameraError(error);
      return false;
    } finally {
      isBusy.value = false;
    }
  };
  const library = () => cameraLibrary(signals);
  const save = async () => {
    errors.value = checkForm(form.value, camera, taken());
    if (Object.keys(errors.value).length > 0) return false;
    return await send(() =>
      camera === null
        ? library().add(toSettings(form.value))
        : library().change(camera.id, toChanges(form.value, camera))
    );
  };
  const remove = async () => camera !== null && await send(() => library().remove(camera));
  return { camera, form, errors, problem, test, isBusy, fill, tryAddress, save, remove };
}

/** Tests the address that is filled in, until the form is closed. */
function useTest(
  form: Signal<CameraForm>,
  errors: Signal<FormErrors>,
  problem: Signal<Explanation | null>,
  camera: CameraView | null,
): Pick<CameraFormState, "test" | "tryAddress"> {
  const test = useSignal<TestOutcome>(null);
  const abort = useRef<AbortController>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const tryAddress = async () => {
    const wrong = checkAddress(form.value.url, camera);
    if (wrong !== undefined) {
      errors.value = { ...errors.value, url: wrong };
      return;
    }
    abort.current?.abort();
    abort.current = new AbortController();
    const { signal } = abort.current;
    batch(() => {
      test.value = "running";
      problem.value = null;
    });
    try {
      const outcome = await testCamera(location.href, toTrial(form.value, camera), signal);
      if (!signal.aborted) test.value = outcome;
    } catch (error) {
      if (signal.aborted) return;
      const atField = error instanceof ApiError ? errorAtField(error.field, error.detail) : null;
      batch(() => {
        test.value = null;
        if (atField !== null) errors.value = { ...errors.value, ...atField };
        else problem.value = explainCameraError(error);
      });
    }
  };
  return { test, tryAddress };
}
