import type { Detector } from "../lib/detection/detector.ts";
import { detectInTiles } from "../lib/detection/detect_in_tiles.ts";
import type { KnownClass } from "../lib/evaluation/class_names.ts";
import type { LabelledFile } from "../lib/evaluation/dataset.ts";
import type { LabelledImage } from "../lib/evaluation/labelled_image.ts";
import { toPixelBox } from "../lib/evaluation/parse_labels.ts";
import { decodeLetterboxed, decodePixels, readImageSize } from "../lib/image/image_decoder.ts";
import type { Letterbox } from "../lib/image/letterbox.ts";
import type { TileGrid } from "../lib/image/tile_grid.ts";
import type { Size } from "../lib/image/size.ts";
import { showProgress } from "./image_progress.ts";
import { explainImageError, readImageFile } from "./image_file.ts";

/** Most pixels of an image, as in sharp by itself; they are one's own, so the limit for streams would be too strict. */
export const MAX_PIXELS = 268_402_689;

const UPRIGHT = { maxPixels: MAX_PIXELS, upright: true } as const;

/** A detector that is to look at images. */
export interface Looking {
  /** The detector for images of a size; one at a time is used. */
  detectorFor(image: Size): Promise<Detector>;
  /** Whether an object that looks like two classes gives one box. */
  agnostic: boolean;
  /** Tiles that it looks at beside the whole image; none by default. */
  tiles?: TileGrid | undefined;
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
    const bytes = await readImageFile(file.path);
    for (const [index, { detectorFor, agnostic, tiles }] of detectors.entries()) {
      const { detector, letterbox } = await decode(bytes, file.path, detectorFor);
      const detections = tiles === undefined
        ? await detector.detect(letterbox, { agnostic })
        : await detectInTiles(await decodePixels(bytes, UPRIGHT), tiles, detector, { agnostic });
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
    progress.advance(file.path);
  }
  return found;
}

/** Turns the image upright, as whoever has labelled it has seen it. */
async function decode(
  bytes: Uint8Array,
  path: string,
  detectorFor: Looking["detectorFor"],
): Promise<{ detector: Detector; letterbox: Letterbox }> {
  try {
    const detector = await detectorFor(await readImageSize(bytes, UPRIGHT));
    const { input, pixels, fit } = detector;
    const letterbox = await decodeLetterboxed(bytes, input, pixels, { ...UPRIGHT, fit });
    return { detector, letterbox };
  } catch (error) {
    throw explainImageError(path, error);
  }
}
