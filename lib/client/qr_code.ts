/** Draws QR codes. */

import { encode } from "uqr";

/** Modules of white around a code. */
const BORDER = 2;

/** A QR code as an SVG path. */
export interface QrCode {
  /** Width and height in modules, with the white border. */
  size: number;
  /** The dark modules, each a square of 1×1. */
  path: string;
}

/** The code of a text, such as an address. */
export function qrCode(text: string): QrCode {
  const { data, size } = encode(text, { border: BORDER });
  const dark = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => isDark ? [`M${x} ${y}h1v1h-1z`] : [])
  );
  return { size, path: dark.join("") };
}
