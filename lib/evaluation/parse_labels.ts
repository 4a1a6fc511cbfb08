import { cutText } from "../cut_text.ts";
import type { Size } from "../image/size.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import { DatasetError } from "./errors.ts";

/** A line of a YOLO label file. */
export interface Label {
  /** Number of the line in its file, from 1. */
  line: number;
  /** Index of the class, from 0, as the data set counts them. */
  classId: number;
  /** x and y of the centre, then width and height: shares of the image's width and height. */
  shares: BoundingBox;
}

/** So many characters of a bad line are shown. */
const SHOWN = 60;

/**
 * Parses a YOLO label file: a line for each object, of its class, the centre's x and y, the width and the height.
 *
 * @param path For messages
 * @throws {DatasetError} If a line is anything else
 */
export function parseLabels(text: string, path: string): Label[] {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  return lines.flatMap((content, index) => {
    const values = content.trim();
    if (values === "") return [];
    const numbers = values.split(/\s+/).map(Number);
    const [classId = NaN, x = NaN, y = NaN, width = NaN, height = NaN] = numbers;
    const isLabel = numbers.length === 5 && Number.isInteger(classId) && classId >= 0 &&
      [x, y, width, height].every((share) => share >= 0 && share <= 1) && width > 0 && height > 0;
    if (!isLabel) {
      throw new DatasetError(
        `Cannot use line ${
          index + 1
        } of ${path}: expected five numbers, a class and the centre's ` +
          `x and y, width and height between 0 and 1, got ${
            JSON.stringify(cutText(values, SHOWN))
          }`,
      );
    }
    return [{ line: index + 1, classId, shares: [x, y, width, height] }];
  });
}

/** The box of a label in pixels of its image; not clipped, since pycocotools does not clip either. */
export function toPixelBox({ shares }: Label, image: Size): BoundingBox {
  const [x, y, width, height] = shares;
  return [
    (x - width / 2) * image.width,
    (y - height / 2) * image.height,
    width * image.width,
    height * image.height,
  ];
}
