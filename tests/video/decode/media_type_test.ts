import { expect } from "expect";
import { mediaType, mediaTypeOf } from "../../../lib/video/decode/media_type.ts";
import { DOG_VIDEO, LIVE_VIDEO } from "../media.ts";

Deno.test("mediaType tells containers by their first bytes", async () => {
  expect(await mediaTypeOf(DOG_VIDEO)).toBe("video/mp4");
  expect(await mediaTypeOf(LIVE_VIDEO)).toBe("video/webm");
  const encode = (text: string) => new TextEncoder().encode(text);
  expect(mediaType(encode("RIFF\x10\0\0\0AVI "))).toBe("video/x-msvideo");
  expect(mediaType(encode("G@\x11\x10"))).toBe("video/mp2t");
  expect(mediaType(encode("\0\0\0\x08wide"))).toBe("video/mp4");
  expect(mediaType(new Uint8Array())).toBe("application/octet-stream");
  expect(await mediaTypeOf("missing.mp4")).toBe("application/octet-stream");
});
