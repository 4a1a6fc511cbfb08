import { colorAt, COLORS, type LabelColor, usualColor } from "../../image/label_colors.ts";

/** How long a class keeps its colour after it was last drawn, in milliseconds, if another one needs it. */
const KEPT_MS = 10_000;

/**
 * Gives each class that is present a colour of its own, which it keeps while it is: its usual one, or if a class that was there
 * before has that, one that is free. Only where more classes are present than there are colours do some share one.
 *
 * @example
 * ```ts
 * const colors = new PresentColors();
 * colors.of(0).fill; // "#e69f00"
 * colors.of(41).fill; // another one, though both would usually have that
 * ```
 */
export class PresentColors {
  readonly #now: () => number;
  readonly #given = new Map<number, { color: number; usedAt: number }>();

  /**
   * Begins with all colours free.
   *
   * @param now Milliseconds on a clock that does not go back
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * The colour of a class, which counts as present from now on.
   *
   * @param classId Index of the class in the model, from 0
   */
  of(classId: number): LabelColor {
    const color = this.#given.get(classId)?.color ?? this.#choose(usualColor(classId));
    this.#given.set(classId, { color, usedAt: this.#now() });
    return colorAt(color);
  }

  #choose(usual: number): number {
    const taken = new Set(Array.from(this.#given.values(), ({ color }) => color));
    const candidates = Array.from({ length: COLORS }, (_, step) => (usual + step) % COLORS);
    return candidates.find((color) => !taken.has(color)) ?? this.#takeBack() ?? usual;
  }

  /** The colour of the class that has been gone for the longest time. */
  #takeBack(): number | undefined {
    const [oldest] = [...this.#given].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest === undefined || this.#now() - oldest[1].usedAt < KEPT_MS) return undefined;
    const [classId, { color }] = oldest;
    this.#given.delete(classId);
    return color;
  }
}

/** The colours of this page: the same in an image, in the list beside it, and in a timeline. */
export const pageColors: PresentColors = new PresentColors();
