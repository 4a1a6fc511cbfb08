import { expect } from "expect";
import fc from "fast-check";
import { hideSecrets, isCameraUrl, isMasked, maskUrl } from "../../lib/cameras/camera_url.ts";

Deno.test("addresses of network cameras, files and devices are taken", () => {
  for (
    const url of [
      "rtsp://192.168.1.20/stream1",
      "rtsps://camera.example:322/live",
      "rtsp://admin:p%40ss@[fd00::7]:554/Streaming/Channels/102?transport=tcp",
      "http://10.0.0.7/video.mjpg",
      "https://example.com/live/index.m3u8",
      "file:///videos/door.mp4",
      "file:/videos/door.mp4",
      "file://localhost/videos/the%20door.mp4",
      "/dev/video0",
      "v4l2:/dev/video12",
    ]
  ) expect([url, isCameraUrl(url)]).toEqual([url, true]);
});

Deno.test("everything else is no address", () => {
  for (
    const url of [
      "",
      "camera",
      "rtsp:",
      "rtsp:///stream",
      "rtsp://user:pa/ss@host/stream",
      "rtsp://host/a stream",
      "rtsp://host/\u0000",
      "ftp://host/video",
      "concat:a|b",
      "subfile,,start,0,end,0,,:/etc/passwd",
      "data:image/jpeg;base64,AA",
      "file:door.mp4",
      "file:///",
      "file://host/share/door.mp4",
      "/etc/passwd",
      "/dev/sda",
      "/dev/video0/../sda",
      "v4l2:/etc/passwd",
      "pipe:0",
    ]
  ) expect([url, isCameraUrl(url)]).toEqual([url, false]);
});

Deno.test("masked addresses show neither user nor password nor values, and where the camera is", () => {
  for (
    const [url, masked] of [
      ["rtsp://admin:secret@10.0.0.7:554/live", "rtsp://***:***@10.0.0.7:554/live"],
      ["rtsp://admin@10.0.0.7/live", "rtsp://***@10.0.0.7/live"],
      ["http://10.0.0.7/cgi?user=a&pwd=b&quiet", "http://10.0.0.7/cgi?user=***&pwd=***&***"],
      ["https://10.0.0.7/live#key", "https://10.0.0.7/live#***"],
      ["rtsp://h/user=admin_password=x_channel=1.sdp", "rtsp://h/user=***"],
      ["rtsp://h/user=admin&password=x&channel=1", "rtsp://h/user=***&password=***&channel=1"],
      // A slash in the password, which ends the host for every program.
      ["rtsp://us/er:secret@10.0.0.7/live", "rtsp://us/***@10.0.0.7/live"],
      ["rtsp://10.0.0.7/live", "rtsp://10.0.0.7/live"],
      ["file:///videos/door.mp4", "file:///videos/door.mp4"],
      ["/dev/video0", "/dev/video0"],
      ["rtsp://user:secret@", "rtsp:…"],
      ["user:secret@host", "user:…"],
    ] as const
  ) expect(maskUrl(url)).toBe(masked);
});

/** Text that cannot be in an address by chance, with what has to be encoded. */
const secret = fc.stringMatching(/^[a-z]{2}[ -~]{0,8}$/).map((text) => `Q${text}Z`);

/** How people, and programs, write it. */
const written = fc.tuple(secret, fc.boolean()).map(([text, isThrifty]) => ({
  plain: text,
  text: isThrifty
    ? text.replaceAll(/[/?#%@: \\[\]|^`"<>{}]/g, encodeURIComponent)
    : encodeURIComponent(text),
}));

Deno.test("no secret is left in a masked address, nor in a text, in any of its spellings", () => {
  fc.assert(fc.property(
    fc.constantFrom("rtsp", "rtsps", "http", "https"),
    fc.record({ user: written, password: written, value: written, inPath: written }),
    (scheme, { user, password, value, inPath }) => {
      const url = `${scheme}://${user.text}:${password.text}@10.0.0.7/live/password=${
        encodeURIComponent(inPath.plain)
      }?key=${encodeURIComponent(value.plain)}`;
      fc.pre(isCameraUrl(url));
      const spellings = [
        user.text,
        password.text,
        ...[user, password, value, inPath].flatMap((
          { plain },
        ) => [plain, encodeURIComponent(plain)]),
      ];
      const texts = [
        maskUrl(url),
        hideSecrets(`Cannot open ${url}: wrong password`, url),
        hideSecrets(spellings.join(" and "), url),
      ];
      for (const text of texts) {
        for (const spelling of spellings) {
          expect([text, text.includes(spelling)]).toEqual([text, false]);
        }
      }
      expect(maskUrl(url)).toContain("10.0.0.7");
    },
  ));
});

Deno.test("an address is known to be masked, and masking it again changes nothing", () => {
  fc.assert(fc.property(written, written, (user, password) => {
    const url = `rtsp://${user.text}:${password.text}@host/live?a=${
      encodeURIComponent(password.plain)
    }`;
    fc.pre(isCameraUrl(url));
    expect(isMasked(url)).toBe(false);
    expect(isMasked(maskUrl(url))).toBe(true);
    expect(maskUrl(maskUrl(url))).toBe(maskUrl(url));
  }));
  expect(isMasked("rtsp://host/live")).toBe(false);
});
