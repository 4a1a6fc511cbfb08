import type { PixelImage } from "../image/pixel_image.ts";
import type { FoundLine } from "./text_detector.ts";

/** Side of the squares whose brightness is compared, in pixels: about as high as the smallest text. */
const SQUARE = 8;

/**
 * Difference of two squares' mean brightness, from 0 to 255, that is a change.
 *
 * Noise of 4 and JPEG quality 75 make differences of up to 2.4 in a photograph; a word in letters of 10 pixels makes 4.7 with a
 * contrast of 30.
 */
const CHANGE = 3;

/** Images in a row in which lines are not searched for, since what has changed may be paler still. */
const MOST_RECALLS = 10;

/** An image in which lines were searched for, and those that were found. */
export interface SearchedImage {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Mean brightness of each square, from 0 to 255. */
  squares: Float32Array;
  /** The lines that were found. */
  lines: FoundLine[];
  /** For how many later images its lines were given. */
  recalls: number;
}

/** Remembers where the lines in a stream's latest image are, so that they need not be searched for where nothing has changed. */
export class StillImage {
  #searched: SearchedImage | undefined;

  /**
   * Goes on from what another one remembered.
   *
   * @param searched Its `searched`; changed by this one
   */
  constructor(searched?: SearchedImage) {
    this.#searched = searched;
  }

  /** What is remembered: plain values, so that they can be sent elsewhere; `undefined` before the first image. */
  get searched(): SearchedImage | undefined {
    return this.#searched;
  }

  /**
   * Finds the lines of text in the next image of a stream.
   *
   * @param search Searches it; not called where the image looks like the last one that was searched.
   */
  async findLines(
    image: PixelImage,
    search: (image: PixelImage) => Promise<FoundLine[]>,
  ): Promise<FoundLine[]> {
    const { width, height } = image;
    const squares = measureSquares(image);
    const last = this.#searched;
    const isSame = last?.width === width && last.height === height &&
      last.squares.every((mean, index) => Math.abs(mean - (squares[index] ?? 0)) < CHANGE);
    if (isSame && last.recalls < MOST_RECALLS) {
      last.recalls += 1;
      return last.lines;
    }
    const lines = await search(image);
    // Later images are compared with this one and not with each other, so that slow changes add up.
    this.#searched = { width, height, squares, lines, recalls: 0 };
    return lines;
  }
}

/** Brightness of an image's squares, row by row; those at its right and lower edge are cut off there. */
function measureSquares({ pixels, width, height }: PixelImage): Float32Array {
  const columns = Math.ceil(width / SQUARE);
  const squares = new Float32Array(columns * Math.ceil(height / SQUARE));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / SQUARE) * columns;
    for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
      const square = row + Math.floor(x / SQUARE);
      squares[square] += (pixels[at] as number) * 0.299 + (pixels[at + 1] as number) * 0.587 +
        (pixels[at + 2] as number) * 0.114;
    }
  }
  return squares.map((sum, index) => {
    const [x, y] = [index % columns * SQUARE, Math.floor(index / columns) * SQUARE];
    return sum / (Math.min(SQUARE, width - x) * Math.min(SQUARE, height - y));
  });
}
