import { expect } from "expect";
import {
  cameraConstraints,
  CameraError,
  type CameraFailure,
  explainCameraFailure,
  isFrontCamera,
  listCameras,
  openCamera,
} from "../../../lib/client/live/camera.ts";

/** Devices whose camera cannot be opened, for the reason with this name. */
function failingDevices(name: string): MediaDevices {
  return {
    getUserMedia: () => Promise.reject(new DOMException("", name)),
  } as unknown as MediaDevices;
}

async function failureOf(opening: Promise<unknown>): Promise<CameraFailure> {
  const error = await opening.then(() => null, (error) => error);
  expect(error).toBeInstanceOf(CameraError);
  return error.failure;
}

const FAILURES = {
  NotFoundError: "no_device",
  OverconstrainedError: "no_device",
  NotAllowedError: "permission_refused",
  SecurityError: "insecure_context",
  NotReadableError: "in_use",
  AbortError: "in_use",
  InvalidStateError: "unknown",
} as const;

for (const [name, failure] of Object.entries(FAILURES)) {
  Deno.test(`openCamera tells ${failure} from ${name}`, async () => {
    expect(await failureOf(openCamera(null, failingDevices(name)))).toBe(failure);
  });
}

Deno.test("openCamera tells that the page is not secure", async () => {
  // Browsers leave `navigator.mediaDevices` out of such pages, as Deno does.
  expect(await failureOf(openCamera(null))).toBe("insecure_context");
});

Deno.test("openCamera explains each failure in its own words", () => {
  const failures = [...new Set(Object.values(FAILURES)), "unplugged" as const];
  const titles = failures.map((failure) => explainCameraFailure(failure).title);
  expect(new Set(titles).size).toBe(failures.length);
});

Deno.test("cameraConstraints asks for the chosen camera, or for a side of the phone", () => {
  expect(cameraConstraints(null)).toEqual({
    width: { ideal: 1280 },
    height: { ideal: 720 },
    resizeMode: { ideal: "none" },
  });
  expect(cameraConstraints({ id: "a" })).toMatchObject({ deviceId: { exact: "a" } });
  expect(cameraConstraints({ preferred: "a" })).toMatchObject({ deviceId: { ideal: "a" } });
  expect(cameraConstraints({ facing: "user" })).toMatchObject({ facingMode: { ideal: "user" } });
});

Deno.test("listCameras names cameras, and leaves other devices out", async () => {
  const devices = {
    enumerateDevices: () =>
      Promise.resolve([
        { kind: "audioinput", deviceId: "m", label: "Microphone" },
        { kind: "videoinput", deviceId: "a", label: "Desk camera" },
        { kind: "videoinput", deviceId: "b", label: "" },
      ]),
  } as unknown as MediaDevices;
  expect(await listCameras(devices)).toEqual([
    { id: "a", name: "Desk camera" },
    { id: "b", name: "Camera 2" },
  ]);
});

Deno.test("listCameras knows of no camera before one was permitted", async () => {
  const devices = {
    enumerateDevices: () => Promise.resolve([{ kind: "videoinput", deviceId: "", label: "" }]),
  } as unknown as MediaDevices;
  expect(await listCameras(devices)).toEqual([]);
  expect(await listCameras(undefined)).toEqual([]);
});

Deno.test("a camera that looks at the person is known by what it says, else by its name", () => {
  expect(isFrontCamera({ facingMode: "user" }, "camera2 1, facing front")).toBe(true);
  expect(isFrontCamera({ facingMode: "environment" }, "Front")).toBe(false);
  for (const name of ["FaceTime HD Camera", "Integrated Camera (13d3:5405)", "Built-in iSight"]) {
    expect([name, isFrontCamera({}, name)]).toEqual([name, true]);
  }
  for (const name of ["", "HD Pro Webcam C920", "Document camera", "OBS Virtual Camera"]) {
    expect([name, isFrontCamera({}, name)]).toEqual([name, false]);
  }
});
