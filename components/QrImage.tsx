import type { JSX } from "preact";
import type { QrCode } from "../lib/client/qr_code.ts";

/** A QR code, as wide as its place; dark on white in both themes, which is what cameras read. */
export function QrImage({ code: { size, path } }: { code: QrCode }): JSX.Element {
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} />
    </svg>
  );
}
