import { expect } from "expect";
import fc from "fast-check";
import {
  type CameraForm,
  checkForm,
  errorAtField,
  idFromName,
  toChanges,
  toForm,
  toSettings,
  toTrial,
} from "../../../lib/client/cameras/camera_form.ts";
import { exampleCamera } from "./example_camera.ts";

const FORM: CameraForm = {
  url: "rtsp://a/b",
  name: "Yard",
  id: "yard",
  pipelineId: "yolo_only",
  fps: "10",
  always: false,
};

Deno.test("an id is made of the name", () => {
  expect(idFromName("Front door", [])).toBe("front-door");
  expect(idFromName("  Zoë’s Côté no. 1! ", [])).toBe("zoe-s-cote-no-1");
  expect(idFromName("Front door", ["front-door", "front-door-2"])).toBe("front-door-3");
  expect(idFromName("門", [])).toBe("camera");
  expect(idFromName(" ", [])).toBe("");
});

Deno.test("an id that is made of any name can be used, and is not taken", () => {
  fc.assert(fc.property(fc.string({ maxLength: 80, unit: "grapheme" }), (name) => {
    const taken: string[] = [];
    for (let round = 0; round < 12; round++) {
      const id = idFromName(name, taken);
      expect(id).toMatch(name.trim() === "" ? /^$/ : /^[a-z0-9-]{1,40}$/);
      if (id === "") return;
      expect(taken).not.toContain(id);
      taken.push(id);
    }
  }));
});

Deno.test("what is plainly wrong is told at its field", () => {
  expect(checkForm(FORM, null, [])).toEqual({});
  const wrong = { url: " ", name: " ", id: "A", pipelineId: "", fps: "", always: true };
  expect(Object.keys(checkForm(wrong, null, [])).sort())
    .toEqual(["fps", "id", "name", "pipelineId", "url"]);
  expect(checkForm(FORM, null, ["yard"])).toEqual({ id: "Another camera has this id." });
  for (const fps of ["0", "61", "x", "NaN", "1e9"]) {
    expect(Object.keys(checkForm({ ...FORM, fps }, null, []))).toEqual(["fps"]);
  }
  expect(checkForm({ ...FORM, fps: "0.5" }, null, [])).toEqual({});
});

Deno.test("a masked address can stay as it is, and cannot be changed in part", () => {
  const camera = exampleCamera();
  const form = toForm(camera, "other");
  expect(checkForm(form, camera, [camera.id])).toEqual({});
  expect(toTrial(form, camera)).toEqual({ url: camera.url, id: camera.id });
  const url = camera.url.replace("stream1", "stream2");
  expect(checkForm({ ...form, url }, camera, []).url).toContain("whole address");
  expect(checkForm({ ...form, url: "rtsp://u:p@192.168.1.20/stream2" }, camera, [])).toEqual({});
  expect(toTrial(FORM, camera)).toEqual({ url: "rtsp://a/b" });
});

Deno.test("of a camera only what was changed is sent", () => {
  const camera = exampleCamera();
  const form = toForm(camera, "other");
  expect(toChanges(form, camera)).toEqual({});
  expect(toChanges({ ...form, name: " Door ", fps: "5", always: true }, camera))
    .toEqual({ name: "Door", fps: 5, always: true });
  expect(toSettings(FORM)).toEqual({
    id: "yard",
    name: "Yard",
    url: "rtsp://a/b",
    pipeline_id: "yolo_only",
    fps: 10,
    always: false,
  });
});

Deno.test("an error of the server stands at the field that it names", () => {
  expect(errorAtField("pipeline_id", "no")).toEqual({ pipelineId: "no" });
  expect(errorAtField("rules", "no")).toBeNull();
  expect(errorAtField(undefined, "no")).toBeNull();
});
