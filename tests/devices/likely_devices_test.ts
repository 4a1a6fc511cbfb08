import { expect } from "expect";
import { knownDevices, likelyDevices } from "../../lib/devices/likely_devices.ts";

const LINUX = ["cpu", "webgpu", "cuda"] as const;

Deno.test("likelyDevices goes by the device files of Linux", () => {
  const likely = (...files: string[]) => likelyDevices("linux", LINUX, files);
  expect(likely("null", "tty", "card0", "nvidiactl")).toEqual([]);
  expect(likely("null", "card0", "renderD128")).toEqual(["webgpu"]);
  expect(likely("nvidia0", "nvidiactl")).toEqual(["cuda", "webgpu"]);
  expect(likely("dxg")).toEqual(["cuda", "webgpu"]);
});

Deno.test("likelyDevices names only what the library knows", () => {
  expect(likelyDevices("linux", ["cpu"], ["nvidia0", "renderD128"])).toEqual([]);
  expect(likelyDevices("darwin", ["cpu", "webgpu", "coreml"], [])).toEqual(["coreml", "webgpu"]);
  expect(likelyDevices("windows", ["cpu", "webgpu", "dml"], [])).toEqual(["dml", "webgpu"]);
});

Deno.test("knownDevices asks onnxruntime's library", () => {
  expect(knownDevices()).toContain("cpu");
  if (Deno.build.target === "x86_64-unknown-linux-gnu") expect(knownDevices()).toEqual([...LINUX]);
});
