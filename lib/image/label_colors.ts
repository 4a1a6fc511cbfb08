/** Colours for classes of objects that can be told apart, with the colour of text on each. */

/**
 * Colours that people with any kind of colour vision can tell apart, with white in place of black
 * (Okabe and Ito 2008, "Color Universal Design").
 */
const PALETTE = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
  "#ffffff",
] as const;

/** Opacity of the colour over the mask of an object, which is to be seen through it. */
export const MASK_OPACITY = 0.35;

/** How many classes of a whole image are shown; more of them say little. */
export const MAX_SHOWN_CLASSES = 3;

const DARK = "#0b0d10";
const LIGHT = "#ffffff";

/** A colour and the one for text on it. */
export interface LabelColor {
  /** Of the box, and behind the text of its label; `#rrggbb`. */
  fill: string;
  /** Of text on `fill`: dark or white, whichever stands out more; `#rrggbb`. */
  text: string;
}

/** How many colours there are. */
export const COLORS: number = PALETTE.length;

/**
 * Number of the colour that a class has usually, from 0.
 *
 * There are more classes than colours that can be told apart, so classes share them; neighbours in the model's list,
 * which are often seen together, do not.
 *
 * @param classId Index of the class in the model, from 0.
 */
export function usualColor(classId: number): number {
  const row = Math.floor(classId / COLORS);
  // The shift of 3 for each row keeps people, pets and vehicles apart in the list of COCO.
  return (classId + 3 * row) % COLORS;
}

/** The colour of a number below {@linkcode COLORS}. */
export function colorAt(index: number): LabelColor {
  const fill = PALETTE[index] ?? LIGHT;
  const text = contrastRatio(fill, DARK) >= contrastRatio(fill, LIGHT) ? DARK : LIGHT;
  return { fill, text };
}

/** The colour that a class has usually, the same in every frame; see {@linkcode usualColor}. */
export function labelColor(classId: number): LabelColor {
  return colorAt(usualColor(classId));
}

/**
 * Contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
 *
 * @param first `#rrggbb`.
 * @param second `#rrggbb`.
 */
export function contrastRatio(first: string, second: string): number {
  const [darker, lighter] = [relativeLuminance(first), relativeLuminance(second)].sort((a, b) =>
    a - b
  ) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function relativeLuminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const channel = parseInt(color.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
