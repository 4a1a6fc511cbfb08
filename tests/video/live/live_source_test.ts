import { expect } from "expect";
import { LiveSource } from "../../../lib/video/live/live_source.ts";
import { DOG_VIDEO } from "../media.ts";

Deno.test("LiveSource tells the same of a file while it begins anew", async () => {
  const address = { kind: "file", url: `file:${DOG_VIDEO}` } as const;
  const source = await LiveSource.open(address, { fps: 25, maxPixels: 640 * 480 });
  const told = new Set<string>();
  const look = () => told.add(JSON.stringify([source.info, source.orientation]));
  look();
  const timer = setInterval(look, 0);
  try {
    const images = source.images({ isDue: () => true, mustDecode: () => true, onSkipped() {} });
    for await (const { index } of images) if (index === 35) break;
  } finally {
    clearInterval(timer);
  }
  expect([...told]).toEqual([
    JSON.stringify([
      { width: 640, height: 480, fps: 25, codec: "h264" },
      { transposed: false, filters: [] },
    ]),
  ]);
});
