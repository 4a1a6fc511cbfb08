import sharp from "sharp";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import { isMissing } from "../needs.ts";

/** One line of text to be drawn. */
export interface DrawnLine {
  text: string;
  /** Family name, as fontconfig knows it. */
  font: string;
  /** Size of the font, in pixels. */
  size: number;
}

/** Options for {@linkcode renderPage}. */
export interface PageOptions {
  width?: number;
  height?: number;
  /** In degrees, clockwise; the whole page is turned. */
  rotation?: number;
  /** Red, green, blue. */
  foreground?: [number, number, number];
  background?: [number, number, number];
}

/** Space between a page's edge and its text, and between two lines, as a share of the font size. */
const LEADING = 0.9;

/** Registers a test that draws text, and is skipped where its fonts are missing. */
export function renderedTextTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, ignore: isMissing("fonts"), fn });
}

/** Draws lines of text one below the other, in the middle of a page. */
export async function renderPage(
  lines: readonly DrawnLine[],
  {
    width = 640,
    height = 480,
    rotation = 0,
    foreground = [20, 20, 20],
    background = [236, 236, 236],
  }: PageOptions = {},
): Promise<PixelImage> {
  const masks = await Promise.all(lines.map(renderMask));
  const gaps = lines.map(({ size }) => Math.round(size * LEADING));
  const block = {
    width: Math.max(...masks.map((mask) => mask.width)),
    height: masks.reduce((sum, mask, index) => sum + mask.height + (gaps[index] ?? 0), 0),
  };
  const ink = new Uint8Array(block.width * block.height);
  let top = 0;
  masks.forEach((mask, index) => {
    for (let row = 0; row < mask.height; row++) {
      const values = mask.ink.subarray(row * mask.width, (row + 1) * mask.width);
      ink.set(values, (top + row) * block.width);
    }
    top += mask.height + (gaps[index] ?? 0);
  });
  const turned = await sharp(ink, { raw: { ...block, channels: 1 } })
    .rotate(rotation, { background: "#000" })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return blend(turned.data, turned.info, { width, height, foreground, background });
}

async function renderMask({ text, font, size }: DrawnLine) {
  // At 72 dots per inch a point is a pixel.
  const { data, info } = await sharp({
    text: { text: escape(text), font: `${font} ${size}`, dpi: 72 },
  })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ink: data, width: info.width, height: info.height };
}

/** The text is Pango markup. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function blend(
  ink: Uint8Array,
  block: { width: number; height: number },
  { width, height, foreground, background }: Required<Omit<PageOptions, "rotation">>,
): PixelImage {
  if (block.width > width || block.height > height) {
    throw new RangeError(
      `Cannot draw ${block.width}x${block.height} pixels of text on a page of ${width}x${height}`,
    );
  }
  const pixels = new Uint8Array(width * height * 3);
  const left = Math.floor((width - block.width) / 2);
  const top = Math.floor((height - block.height) / 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= left && x < left + block.width && y >= top && y < top + block.height;
      const share = inside ? (ink[(y - top) * block.width + x - left] ?? 0) / 255 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const paper = background[channel] ?? 0;
        pixels[(y * width + x) * 3 + channel] = paper +
          ((foreground[channel] ?? 0) - paper) * share;
      }
    }
  }
  return { pixels, width, height };
}
