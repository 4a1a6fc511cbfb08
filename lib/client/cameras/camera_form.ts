/** What is filled in about a camera: checks, and what of it is sent. */

import type { CameraView } from "../../protocol/camera.ts";
import type { CameraChange, CameraTrial } from "../../protocol/camera_definition.ts";
import type { CameraSettings } from "./camera_api.ts";

/** What the person has filled in, as it stands in the fields. */
export interface CameraForm {
  /** With user and password, or as the server told it, with `***` in their place. */
  url: string;
  /** For people. */
  name: string;
  /** Part of the camera's addresses. */
  id: string;
  /** The pipeline that every frame runs through; empty while none is known. */
  pipelineId: string;
  /** Frames a second. */
  fps: string;
  /** Whether it runs without clients too. */
  always: boolean;
}

/** What is wrong, by the field that it belongs to. */
export type FormErrors = { readonly [Field in keyof CameraForm]?: string };

/** Names of the fields on the wire. */
const FIELDS: Readonly<Record<string, keyof CameraForm>> = {
  url: "url",
  name: "name",
  id: "id",
  pipeline_id: "pipelineId",
  fps: "fps",
  always: "always",
};

const ID = /^[a-z0-9-]{1,40}$/;
const LONGEST_ID = 40;
/** Stands in the server's answers for what is secret. */
const MASK = "***";
const FPS = { least: 0.1, most: 60, usual: "10" };

/** The form of a new camera, or of one that is to be changed. */
export function toForm(camera: CameraView | null, pipelineId: string): CameraForm {
  return camera === null
    ? { url: "", name: "", id: "", pipelineId, fps: FPS.usual, always: false }
    : {
      url: camera.url,
      name: camera.name,
      id: camera.id,
      pipelineId: camera.pipeline_id,
      fps: String(camera.fps),
      always: camera.always,
    };
}

/**
 * An id made of a name: `Front door` becomes `front-door`, or `front-door-2` where that is taken.
 *
 * @param taken Ids of other cameras.
 */
export function idFromName(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const base = plain === "" && name.trim() !== "" ? "camera" : plain;
  if (base === "") return "";
  for (let number = 1;; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const id = base.slice(0, LONGEST_ID - suffix.length).replace(/-$/, "") + suffix;
    if (!taken.includes(id)) return id;
  }
}

/**
 * What is plainly wrong; the server has the last word.
 *
 * @param camera The camera that is to be changed; `null` for a new one.
 * @param taken Ids of all cameras.
 */
export function checkForm(
  form: CameraForm,
  camera: CameraView | null,
  taken: readonly string[],
): FormErrors {
  const errors: { [Field in keyof CameraForm]?: string } = {};
  const url = checkAddress(form.url, camera);
  if (url !== undefined) errors.url = url;
  if (form.name.trim() === "") errors.name = "Give the camera a name.";
  if (!ID.test(form.id)) {
    errors.id = "Use 1 to 40 lower-case letters, digits and hyphens.";
  } else if (camera === null && taken.includes(form.id)) {
    errors.id = "Another camera has this id.";
  }
  const fps = Number(form.fps);
  if (form.fps.trim() === "" || !(fps >= FPS.least && fps <= FPS.most)) {
    errors.fps = `Enter a number from ${FPS.least} to ${FPS.most}.`;
  }
  if (form.pipelineId === "") errors.pipelineId = "Choose a pipeline.";
  return errors;
}

/**
 * What is wrong with an address.
 *
 * @param camera The camera whose address it is to replace; `null` for none.
 * @returns `undefined` where nothing plainly is.
 */
export function checkAddress(url: string, camera: CameraView | null): string | undefined {
  if (url.trim() === "") return "Enter the address of the camera.";
  if (url !== camera?.url && url.includes(MASK)) {
    return `Enter the whole address: ${MASK} stands for what is not shown.`;
  }
  return undefined;
}

/** What is to be opened for a test; an address that was left alone is the one that only the server knows in full. */
export function toTrial({ url }: CameraForm, camera: CameraView | null): CameraTrial {
  return url === camera?.url ? { url, id: camera.id } : { url: url.trim() };
}

/** A new camera as it is sent. */
export function toSettings({ url, name, id, pipelineId, fps, always }: CameraForm): CameraSettings {
  return {
    id,
    name: name.trim(),
    url: url.trim(),
    pipeline_id: pipelineId,
    fps: Number(fps),
    always,
  };
}

/** What has been changed of a camera: nothing that was left alone, least of all its masked address. */
export function toChanges(form: CameraForm, camera: CameraView): CameraChange {
  return Object.fromEntries(
    Object.entries(toSettings(form)).filter(([field, value]) =>
      value !== camera[field as keyof CameraSettings]
    ),
  );
}

/**
 * Puts an error of the server at the field that it is about.
 *
 * @param field Its name on the wire; `undefined` where the server names none.
 * @returns `null` where it belongs to no field.
 */
export function errorAtField(field: string | undefined, detail: string): FormErrors | null {
  const name = field === undefined ? undefined : FIELDS[field];
  return name === undefined ? null : { [name]: detail };
}
