import { expect } from "expect";
import { shareLink } from "../../../lib/client/live/share_link.ts";

const LAN = "https://192.168.1.20:8000";

Deno.test("shareLink leads to the stream at the address of the page, with its token", () => {
  expect(shareLink("https://vision.example/?token=a+b&x=1#y", "s", LAN)).toEqual({
    href: "https://vision.example/watch?token=a+b&session_id=s",
    isForThisDevice: false,
    hasToken: true,
  });
});

Deno.test("shareLink of a page that only this device finds leads through the network, if it can", () => {
  for (
    const page of ["https://localhost:8000/", "https://127.0.0.1:8000/", "https://[::1]:8000/"]
  ) {
    expect(shareLink(page, "s", LAN)).toEqual({
      href: `${LAN}/watch?session_id=s`,
      isForThisDevice: false,
      hasToken: false,
    });
    expect(shareLink(page, "s", undefined)).toEqual({
      href: new URL("/watch?session_id=s", page).href,
      isForThisDevice: true,
      hasToken: false,
    });
  }
  expect(shareLink("http://localhost.example/", "s", LAN).isForThisDevice).toBe(false);
});
