import { expect } from "expect";
import { VideoProbe } from "../../../lib/video/decode/video_probe.ts";
import { DOG_VIDEO } from "../media.ts";

const TEXT = `${import.meta.dirname}/../../fixtures/README.md`;

/** In place of the decode process: one that never says anything. */
const SILENT = {
  command: Deno.execPath(),
  args: ["eval", "await new Promise(() => setInterval(() => {}, 1000))"],
};

Deno.test("VideoProbe lets a video pass, and says what is wrong with another file", async () => {
  const probe = new VideoProbe();
  await probe.check(DOG_VIDEO);
  await probe.check(DOG_VIDEO, { mustKnow: true });
  await expect(probe.check(TEXT)).rejects.toThrow("The file is not a readable video");
  await expect(probe.check("missing.mp4")).rejects.toThrow("The video file is missing");
});

Deno.test("files that keep VideoProbe busy hold others up for a while only", async () => {
  const probe = new VideoProbe({ timeoutMs: 1000, command: SILENT });
  const startedAt = performance.now();
  const waits = Array.from({ length: 10 }, async () => {
    await probe.check(DOG_VIDEO);
    return performance.now() - startedAt;
  });
  const known = expect(probe.check(DOG_VIDEO, { mustKnow: true })).rejects.toThrow(
    "The video gave no frame for 1 seconds",
  );
  expect(Math.max(...await Promise.all(waits))).toBeLessThan(3000);
  await known;
});

Deno.test("VideoProbe gives up what it looks at when it is stopped", async () => {
  const probe = new VideoProbe({ timeoutMs: 60_000, command: SILENT });
  const checks = Promise.allSettled([probe.check(DOG_VIDEO), probe.check(DOG_VIDEO)]);
  const startedAt = performance.now();
  await probe.stop();
  for (const check of await checks) {
    expect(check).toMatchObject({ status: "rejected", reason: { name: "JobStateError" } });
  }
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
