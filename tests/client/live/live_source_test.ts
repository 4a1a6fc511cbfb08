import { expect } from "expect";
import { FileError, fileKind, openCameraSource } from "../../../lib/client/live/live_source.ts";

Deno.test("fileKind plays videos and shows images", () => {
  expect(fileKind({ name: "a.mp4", type: "video/mp4" })).toBe("video");
  expect(fileKind({ name: "a.MKV", type: "" })).toBe("video");
  expect(fileKind({ name: "a.webp", type: "image/webp" })).toBe("image");
});

Deno.test("fileKind refuses anything else, by its name", () => {
  for (const type of ["", "application/pdf", "text/html"]) {
    expect(() => fileKind({ name: "report.pdf", type })).toThrow(FileError);
    expect(() => fileKind({ name: "report.pdf", type })).toThrow("report.pdf");
  }
});

Deno.test("openCameraSource lets go of a camera that is not wanted any more, and shows nothing of it", async () => {
  let stopped = 0;
  const track = { stop: () => stopped += 1 };
  const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
  const value = { getUserMedia: () => Promise.resolve(stream) };
  Object.defineProperty(navigator, "mediaDevices", { value, configurable: true });
  try {
    const video = { srcObject: "another" } as unknown as HTMLVideoElement;
    await expect(openCameraSource(video, null, () => false)).rejects.toThrow("Cannot open");
    expect(video.srcObject).toBe("another");
    expect(stopped).toBe(1);
  } finally {
    Reflect.deleteProperty(navigator, "mediaDevices");
  }
});
