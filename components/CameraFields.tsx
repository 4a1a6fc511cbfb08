import type { JSX } from "preact";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { CameraTestResult } from "./CameraTestResult.tsx";
import { Field } from "./Field.tsx";
import type { CameraFormState } from "./use_camera_form.ts";

/** The fields of a camera. */
export function CameraFields({ state, signals }: {
  state: CameraFormState;
  signals: CameraSignals;
}): JSX.Element {
  const { form, fill } = state;
  return (
    <>
      <AddressField state={state} />
      <CameraTestResult test={state.test.value} />
      <div class="field-row">
        <NameField state={state} />
        <IdField state={state} />
      </div>
      <div class="field-row">
        <PipelineField state={state} signals={signals} />
        <FpsField state={state} />
      </div>
      <label class="switch">
        Always on, even when nobody looks
        <input
          type="checkbox"
          role="switch"
          checked={form.value.always}
          onInput={(event) => fill({ always: event.currentTarget.checked })}
        />
      </label>
    </>
  );
}

function AddressField({ state: { camera, form, errors, fill, test, tryAddress } }: {
  state: CameraFormState;
}): JSX.Element {
  const hint = camera === null
    ? "Such as rtsp://user:password@192.168.1.20/stream1, /dev/video0 or file:///videos/yard.mp4"
    : "What is secret is not shown. Leave it as it is, or enter the whole address.";
  return (
    <Field id="camera-url" label="Address" hint={hint} error={errors.value.url}>
      {(attributes) => (
        <div class="field-group">
          <input
            {...attributes}
            type="text"
            inputMode="url"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            dir="ltr"
            maxLength={2048}
            value={form.value.url}
            onInput={(event) => fill({ url: event.currentTarget.value })}
          />
          <button
            type="button"
            class="button"
            disabled={test.value === "running"}
            onClick={tryAddress}
          >
            Test
          </button>
        </div>
      )}
    </Field>
  );
}

function NameField({ state: { form, errors, fill } }: { state: CameraFormState }): JSX.Element {
  return (
    <Field id="camera-name" label="Name" hint="Such as Front door" error={errors.value.name}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          autocomplete="off"
          maxLength={80}
          value={form.value.name}
          onInput={(event) => fill({ name: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function IdField({ state: { camera, form, errors, fill } }: {
  state: CameraFormState;
}): JSX.Element {
  const hint = camera === null ? "Part of its web addresses" : "Stays as it is";
  return (
    <Field id="camera-id" label="Id" hint={hint} error={errors.value.id}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          dir="ltr"
          maxLength={40}
          readOnly={camera !== null}
          value={form.value.id}
          onInput={(event) => fill({ id: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function PipelineField({ state: { form, errors, fill }, signals }: {
  state: CameraFormState;
  signals: CameraSignals;
}): JSX.Element {
  const chosen = signals.pipelines.value.find(({ id }) => id === form.value.pipelineId);
  return (
    <Field
      id="camera-pipeline"
      label="Pipeline"
      hint={chosen?.description ?? "What is looked for"}
      error={errors.value.pipelineId}
    >
      {(attributes) => (
        <div class="select">
          <select
            {...attributes}
            value={form.value.pipelineId}
            onChange={(event) => fill({ pipelineId: event.currentTarget.value })}
          >
            {chosen === undefined && <option value={form.value.pipelineId}>Choose one</option>}
            {signals.pipelines.value.map(({ id, name }) => (
              <option key={id} value={id}>{name}</option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

function FpsField({ state: { form, errors, fill } }: { state: CameraFormState }): JSX.Element {
  return (
    <Field
      id="camera-fps"
      label="Frames a second"
      hint="At most so many are looked at"
      error={errors.value.fps}
    >
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          inputMode="decimal"
          autocomplete="off"
          value={form.value.fps}
          onInput={(event) => fill({ fps: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}
