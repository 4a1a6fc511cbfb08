import sharp from "sharp";
import { boundImage } from "./bounded_image.ts";
import { ImageDecodeError, ImageTooLargeError } from "./errors.ts";
import { isJpeg, jpegSize } from "./jpeg_header.ts";
import { type Fit, fitImage, type Letterbox, LETTERBOX_GREY } from "./letterbox.ts";
import type { ImageInput, PixelImage } from "./pixel_image.ts";
import type { Size } from "./size.ts";

// Frames do not repeat, and a worker decodes one at a time on the core that it has.
sharp.cache(false);
sharp.concurrency(1);
// What a client sends must not reach the loaders of formats that nobody needs here: all but those of
// JPEG, PNG and WebP. They are named one by one, since the list is that of the whole process: blocking
// all and letting three through again would refuse good frames to other workers in between.
sharp.block({
  operation: [
    ...["Analyze", "Csv", "DcRaw", "Fits", "Heif", "Jp2k", "Jxl", "Magick", "Magick7", "Mat"],
    ...["Matrix", "Nsgif", "Openexr", "OpenSlide", "Openslide", "Pdf", "Ppm", "Rad", "Raw"],
    ...["Svg", "Tiff", "Uhdr", "Vips"],
  ].map((name) => `VipsForeignLoad${name}`),
});

/** Most pixels of a side, which is what a JPEG can have: decoders take time for each row, however short it is. */
const MAX_SIDE = 65_535;

/** Options for {@linkcode decodeLetterboxed}. */
export interface DecodeOptions {
  /** Most pixels that an image may have; larger ones are refused before decoding. */
  maxPixels: number;
  /**
   * Whether the image is turned as its EXIF orientation says. Otherwise that is ignored, so that coordinates are those of the
   * frame as received.
   *
   * @default {false}
   */
  upright?: boolean | undefined;
  /**
   * How the image is brought to the size of an input.
   *
   * @default {"letterbox"}
   */
  fit?: Fit;
}

/**
 * Decodes a JPEG, PNG or WebP image into the detector's input, without distortion unless it is to be stretched.
 *
 * @param image One that is decoded already is only resized.
 * @param pixels Receives the image between grey bars: HWC uint8 RGB, length `width * height * 3`.
 * @param input Size of `pixels`.
 * @returns Where the image lies within `pixels`.
 * @throws {ImageDecodeError} If the bytes are not such an image, are cut short, or made to take long.
 * @throws {ImageTooLargeError} If the image exceeds `maxPixels`.
 */
export async function decodeLetterboxed(
  given: ImageInput,
  input: Size,
  pixels: Uint8Array,
  { maxPixels, upright = false, fit = "letterbox" }: DecodeOptions,
): Promise<Letterbox> {
  if (pixels.length !== input.width * input.height * 3) {
    throw new TypeError(
      `Cannot decode into ${pixels.length} bytes: expected ${input.width}x${input.height}x3`,
    );
  }
  const source = bound(given);
  const header = await readHeader(source, upright);
  checkSize(header, maxPixels);
  const letterbox = fitImage(header.image, input, fit);
  const content = await decode(source, letterbox, header, maxPixels);
  place(content, letterbox, input, pixels);
  if (source instanceof Uint8Array || content !== source.pixels) releasePixels(content);
  return letterbox;
}

/**
 * Decodes a JPEG, PNG or WebP image in its own size.
 *
 * @param image One that is decoded already is given back.
 * @throws {ImageDecodeError} If the bytes are not such an image, are cut short, or made to take long.
 * @throws {ImageTooLargeError} If the image exceeds `maxPixels`.
 */
export async function decodePixels(
  given: ImageInput,
  { maxPixels, upright = false }: DecodeOptions,
): Promise<PixelImage> {
  const source = bound(given);
  const header = await readHeader(source, upright);
  checkSize(header, maxPixels);
  if (!(source instanceof Uint8Array)) return source;
  const { image } = header;
  const whole = { image, content: image, left: 0, top: 0 };
  const pixels = await decode(source, whole, header, maxPixels);
  if (pixels.length !== image.width * image.height * 3) throw threeChannelsExpected();
  return { pixels, ...image };
}

/** What is known of an image before it is decoded. */
interface Header {
  /** Size that it will have, in pixels. */
  image: Size;
  hasAlpha: boolean;
  /** Whether it has to be turned or mirrored. */
  isTurned: boolean;
}

/**
 * Size of an image, from its header alone.
 *
 * @throws {ImageDecodeError} If the bytes are not a JPEG, PNG or WebP image
 * @throws {ImageTooLargeError} If the image exceeds `maxPixels`
 */
export async function readImageSize(
  image: ImageInput,
  { maxPixels, upright = false }: DecodeOptions,
): Promise<Size> {
  const header = await readHeader(bound(image), upright);
  checkSize(header, maxPixels);
  return header.image;
}

function bound(given: ImageInput): ImageInput {
  return given instanceof Uint8Array ? boundImage(given) : given;
}

function checkSize({ image: { width, height } }: Header, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `Image of ${width}x${height} pixels exceeds the limit of ${maxPixels} pixels`,
    );
  }
  if (Math.max(width, height) <= MAX_SIDE) return;
  throw new ImageDecodeError(
    `Cannot decode an image of ${width}x${height} pixels: ${MAX_SIDE} are allowed on a side`,
  );
}

function threeChannelsExpected(): ImageDecodeError {
  return new ImageDecodeError("Cannot decode the image: expected three channels");
}

async function readHeader(given: ImageInput, upright: boolean): Promise<Header> {
  if (!(given instanceof Uint8Array)) {
    const { width, height } = given;
    return { image: { width, height }, hasAlpha: false, isTurned: false };
  }
  // The frames of streams: a quarter of a millisecond less than to have the decoder look at them twice.
  if (isJpeg(given) && !upright) {
    return { image: jpegSize(given), hasAlpha: false, isTurned: false };
  }
  try {
    const metadata = await sharp(given, { limitInputPixels: false }).metadata();
    const { width, height, hasAlpha, orientation = 1 } = metadata;
    // From 2 to 8 (Exif 3.0, 4.6.5.1.6); from 5 on, rows become columns.
    const isTurned = upright && orientation >= 2 && orientation <= 8;
    const image = isTurned && orientation >= 5
      ? { width: height, height: width }
      : { width, height };
    return { image, hasAlpha, isTurned };
  } catch (cause) {
    throw new ImageDecodeError("Cannot decode the image", { cause });
  }
}

async function decode(
  source: ImageInput,
  { image, content }: Letterbox,
  { hasAlpha, isTurned }: Header,
  maxPixels: number,
): Promise<Uint8Array> {
  const resized = content.width !== image.width || content.height !== image.height;
  if (!(source instanceof Uint8Array) && !resized) return source.pixels;
  let pipeline = source instanceof Uint8Array
    // A colour profile is a program of the stranger who sent it: one of 900 kB can take a quarter of a minute.
    ? sharp(source, { limitInputPixels: maxPixels, ignoreIcc: true })
    : sharp(source.pixels, { raw: { ...image, channels: 3 } });
  if (isTurned) pipeline = pipeline.autoOrient();
  if (hasAlpha) {
    const grey = { r: LETTERBOX_GREY, g: LETTERBOX_GREY, b: LETTERBOX_GREY };
    pipeline = pipeline.flatten({ background: grey });
  }
  if (resized) {
    pipeline = pipeline.resize(content.width, content.height, { fit: "fill", kernel: "linear" });
  }
  try {
    return await pipeline.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer();
  } catch (cause) {
    throw new ImageDecodeError("Cannot decode the image", { cause });
  }
}

function place(
  rows: Uint8Array,
  { content, left, top }: Letterbox,
  input: Size,
  pixels: Uint8Array,
): void {
  if (rows.length !== content.width * content.height * 3) {
    throw threeChannelsExpected();
  }
  if (content.width === input.width && content.height <= input.height) {
    const start = top * input.width * 3;
    pixels.fill(LETTERBOX_GREY, 0, start);
    pixels.set(rows, start);
    pixels.fill(LETTERBOX_GREY, start + rows.length);
    return;
  }
  pixels.fill(LETTERBOX_GREY);
  const [firstColumn, firstRow] = [Math.max(0, -left), Math.max(0, -top)];
  const columns = Math.min(content.width - firstColumn, input.width);
  for (let row = firstRow; row < content.height && top + row < input.height; row++) {
    const from = (row * content.width + firstColumn) * 3;
    const start = ((top + row) * input.width + Math.max(0, left)) * 3;
    pixels.set(rows.subarray(from, from + columns * 3), start);
  }
}

/**
 * Gives memory of decoded pixels back now; they must not be used afterwards.
 *
 * The next image then gets the same memory, still in the cache. What waits for the garbage collector instead adds up to
 * hundreds of megabytes, since each image takes new pages.
 */
export function releasePixels({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
