import { expect } from "expect";
import fc from "fast-check";
import { parseSourceAddress } from "../../../lib/video/decode/source_address.ts";
import { SourceError } from "../../../lib/video/decode/source_error.ts";

Deno.test("parseSourceAddress tells the kinds of address apart", () => {
  for (
    const [address, kind, url] of [
      ["rtsp://u:p@camera:554/1?a=b#c", "rtsp", "rtsp://u:p@camera:554/1?a=b"],
      ["rtsps://camera/", "rtsp", "rtsps://camera/"],
      ["HTTP://camera/video", "http", "http://camera/video"],
      ["https://u:p@ss@camera/v.m3u8", "http", "https://u:p%40ss@camera/v.m3u8"],
      ["file:///a/walk%20in.mp4", "file", "file:/a/walk in.mp4"],
      ["file:/a/walk.mp4", "file", "file:/a/walk.mp4"],
      ["/dev/video0", "device", "/dev/video0"],
      ["v4l2:/dev/video12", "device", "/dev/video12"],
      ["v4l2:///dev/video1", "device", "/dev/video1"],
    ]
  ) {
    expect(parseSourceAddress(address ?? "")).toEqual({ kind, url });
  }
});

Deno.test("parseSourceAddress refuses what FFmpeg would take for something else", () => {
  for (
    const address of [
      ...["", "camera", "concat:/etc/passwd", "subfile,,start,0,end,0,,:/etc/passwd", "rtsp://"],
      ...["/etc/passwd", "/dev/video0/../../etc/passwd", "/dev/sda", "v4l2:/etc/passwd", "pipe:0"],
      ...["file://host/share.mp4", "file:///a%00b", "file:///%ff", "data:video/mp4,", "udp://a:1"],
      ...["crypto:file:///a", "async:http://a", "tcp://a:1", "ftp://a/b", "unix:/a", "lavfi:a"],
    ]
  ) {
    expect(() => parseSourceAddress(address)).toThrow(SourceError);
  }
});

Deno.test("parseSourceAddress names one of its schemes or throws, without the address in its words", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl()), (address) => {
    try {
      expect(parseSourceAddress(address).url).toMatch(/^(rtsps?:\/\/|https?:\/\/|file:\/|\/dev\/)/);
    } catch (error) {
      expect(error).toMatchObject({ code: "unreachable" });
      if (address.length > 12) expect(String(error)).not.toContain(address);
    }
  }));
});
