import { basename } from "node:path";
import type { Detector } from "../lib/detection/detector.ts";
import type { KnownClass } from "../lib/evaluation/class_names.ts";
import type { LabelledFile } from "../lib/evaluation/dataset.ts";
import type { LabelledImage } from "../lib/evaluation/labelled_image.ts";
import { toPixelBox } from "../lib/evaluation/parse_labels.ts";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import { ImageDecodeError, ImageTooLargeError } from "../lib/image/errors.ts";
import type { Letterbox } from "../lib/image/letterbox.ts";
import { reasonOf } from "../lib/user_error.ts";
import { printable } from "./printable.ts";
import { UsageError } from "./usage_error.ts";

/** Most pixels of an image, as in sharp by itself; they are one's own, so the limit for streams would be too strict. */
const MAX_PIXELS = 268_402_689;

/** A detector that is to look at images. */
export interface Looking {
  detector: Detector;
  /** Whether an object that looks like two classes gives one box. */
  agnostic: boolean;
}

/**
 * Has several detectors look at the same images, and shows on a terminal's standard error how far they are.
 *
 * @param classes The model's class for each class of the labels
 * @returns For each detector, every image with what it found
 * @throws {UsageError} If an image cannot be read
 */
export async function detectInFiles(
  files: readonly LabelledFile[],
  classes: ReadonlyMap<number, KnownClass>,
  detectors: readonly Looking[],
): Promise<LabelledImage[][]> {
  const found: LabelledImage[][] = detectors.map(() => []);
  using progress = await showProgress(files.length);
  for (const file of files) {
    const bytes = await Deno.readFile(file.path).catch((cause) => {
      throw new UsageError(`Cannot read ${file.path}: ${reasonOf(cause)}`, { cause });
    });
    for (const [index, { detector, agnostic }] of detectors.entries()) {
      const letterbox = await decode(bytes, file.path, detector);
      const detections = await detector.detect(letterbox, { agnostic });
      found[index]?.push({
        objects: file.labels.map((label) => ({
          classId: classes.get(label.classId)?.classId ?? NaN,
          bbox: toPixelBox(label, letterbox.image),
        })),
        detections: detections.map(({ class_id: classId, confidence, bbox }) => ({
          classId,
          confidence,
          bbox,
        })),
      });
    }
    progress.advance(basename(file.path));
  }
  return found;
}

/** Turns the image upright, as whoever has labelled it has seen it. */
async function decode(bytes: Uint8Array, path: string, detector: Detector): Promise<Letterbox> {
  const options = { maxPixels: MAX_PIXELS, upright: true };
  try {
    return await decodeLetterboxed(bytes, detector.input, detector.pixels, {
      ...options,
      fit: detector.fit,
    });
  } catch (cause) {
    if (cause instanceof ImageTooLargeError) {
      throw new UsageError(`Cannot read ${path}: ${cause.message}`, { cause });
    }
    if (!(cause instanceof ImageDecodeError)) throw cause;
    const reason = "it is not a JPEG, PNG or WebP image, or it is damaged";
    throw new UsageError(`Cannot read ${path}: ${reason}`, { cause });
  }
}

async function showProgress(
  total: number,
): Promise<Disposable & { advance(name: string): void }> {
  if (!Deno.stderr.isTerminal()) return { advance() {}, [Symbol.dispose]() {} };
  const { default: { Presets, SingleBar } } = await import("cli-progress");
  const format = "{bar} {value} of {total} images, {eta_formatted} left, {name}";
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.shades_classic);
  bar.start(total, 0, { name: "" });
  return {
    advance: (name) => bar.increment({ name: printable(name) }),
    [Symbol.dispose]: () => bar.stop(),
  };
}
