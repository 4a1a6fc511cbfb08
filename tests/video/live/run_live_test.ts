import { expect } from "expect";
import type { LiveCommand } from "../../../lib/video/decode/frame_protocol.ts";
import { runLive } from "../../../lib/video/live/run_live.ts";
import { DOG_VIDEO } from "../media.ts";
import { serveDirectory } from "./sources.ts";

Deno.test("runLive still gives the image that is being encoded when the source ends", async () => {
  await using server = serveDirectory(new URL(".", `file://${DOG_VIDEO}`).pathname);
  const request = {
    fps: 25,
    frameSize: { width: 640, height: 480 },
    maxPixels: 640 * 480,
    maxMemoryBytes: 1_073_741_824,
  };
  const indices: number[] = [];
  const allAsked = Promise.withResolvers<void>();
  async function* commands(): AsyncGenerator<LiveCommand> {
    yield { type: "open", address: `http://127.0.0.1:${server.addr.port}/dog.mp4` };
    const deadline = performance.now() + 5000;
    while (indices.at(-1) !== 9 && performance.now() < deadline) {
      const given = indices.length;
      yield { type: "next" };
      while (indices.length === given && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    allAsked.resolve();
  }
  const running = runLive(request, {
    commands: commands(),
    write: (head) => {
      if (head.type === "jpeg") indices.push(head.frameIndex);
    },
    sayAlive: () => () => {},
  });
  await expect(running).rejects.toMatchObject({ code: "ended" });
  await allAsked.promise;
  expect(indices.at(-1)).toBe(9);
});
