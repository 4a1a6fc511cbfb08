import { expect } from "expect";
import { cameraFacts, formatDuration } from "../../../lib/client/cameras/camera_facts.ts";
import {
  describeCamera,
  describeCameraRetry,
  describeChanges,
  explainCameraFailure,
  formatFps,
} from "../../../lib/client/cameras/camera_words.ts";
import type { CameraView } from "../../../lib/protocol/camera.ts";
import { exampleCamera } from "./example_camera.ts";

Deno.test("a failure is explained by its code, else by the server's sentence", () => {
  const codes = [
    ...["unreachable", "unauthorized", "not_found", "no_video", "unknown_codec", "timed_out"],
    ...["ended", "crashed", "too_much_memory", "no_device", "pipeline_failure"],
  ];
  const titles = codes.map((code) => explainCameraFailure({ code, detail: "x" }).title);
  expect(new Set(titles).size).toBe(codes.length);
  expect(titles).not.toContain("x");
  expect(explainCameraFailure({ code: "new", detail: "It rains" }).title).toBe("It rains");
  expect(explainCameraFailure({ code: "new", detail: "" }).title).toBe("The camera failed");
});

Deno.test("a camera that failed tells when it is tried again, on a device with a wrong clock too", () => {
  const now = Date.parse("2026-11-01T12:00:00.000Z");
  const retryAt = (time: string | null) =>
    describeCameraRetry({ state: "failed", retry_at: time }, now);
  expect(retryAt(null)).toBe("");
  expect(retryAt("2026-11-01T12:00:03.200Z")).toBe("Trying again in 4 s");
  expect(retryAt("2026-11-01T11:59:59.000Z")).toBe("Trying again in a moment");
  expect(retryAt("2026-11-01T12:05:00.000Z")).toBe("Trying again in a moment");
  expect(describeCameraRetry({ state: "starting", retry_at: null }, now)).toBe("Trying again now");
});

Deno.test("the pill tells the state, and the rate while it is live", () => {
  const pill = (changes: Partial<CameraView>, isWatched = true) =>
    describeCamera(exampleCamera(changes), isWatched);
  expect(pill({})).toEqual({ tone: "live", word: "Live", figures: "9.8 FPS" });
  expect(pill({ state: "failed" })).toEqual({ tone: "lost", word: "Failed", figures: "" });
  expect(pill({ state: "stopping" }).word).toBe("Off");
  expect(pill({ state: "idle" }).word).toBe("Starting");
  expect(pill({ state: "idle", forced: "off" }).word).toBe("Off");
  expect(pill({ state: "idle" }, false).word).toBe("Off");
  expect([9.96, 12.34, 0.25].map(formatFps)).toEqual(["10", "12", "0.3"]);
});

Deno.test("those who do not see the pills are told which cameras failed and which are back", () => {
  const live = exampleCamera();
  const last_error = { code: "unreachable", detail: "" };
  const failed = exampleCamera({ state: "failed", last_error });
  expect(describeChanges([live], [failed])).toBe("Front door: The camera cannot be reached.");
  expect(describeChanges([failed], [live])).toBe("Front door is live.");
  expect(describeChanges([failed], [failed])).toBe("");
  expect(describeChanges([], [failed])).toBe("");
});

Deno.test("the facts name the pipeline, and say what is not known yet", () => {
  const pipelines = [{ id: "yolo_only", name: "Objects", description: "" }];
  const facts = Object.fromEntries(cameraFacts(exampleCamera({ width: null }), pipelines));
  expect(facts).toMatchObject({ "Pipeline": "Objects", "Size": "not known yet" });
  expect(Object.fromEntries(cameraFacts(exampleCamera(), []))).toMatchObject({
    "Pipeline": "yolo_only",
    "Size": "1280×720",
    "Without a break": "1 min",
  });
  expect([0.4, 59.9, 60, 3599, 3600, 12_000].map(formatDuration))
    .toEqual(["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "3 h 20 min"]);
});
