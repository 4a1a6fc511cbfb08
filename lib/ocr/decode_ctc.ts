/** A text as read, and how sure the reading is. */
export interface Reading {
  /** Empty where nothing could be read. */
  text: string;
  /** Mean probability of the characters, spaces aside, between 0 and 1; 0 for an empty text. */
  confidence: number;
}

/** Readings that are less sure than this are dropped, as in PaddleOCR. */
const LEAST_CONFIDENCE = 0.5;

/** Whether a reading is sure enough to be shown. */
export function isReadable({ text, confidence }: Reading): boolean {
  return text !== "" && confidence >= LEAST_CONFIDENCE;
}

/** A reading, character by character. */
export interface DecodedText {
  /** The characters in order, spaces among them. */
  characters: string[];
  /** The step at which each was read first; for a space, that of the character after it. */
  steps: number[];
  /** Mean probability of the characters, spaces aside, between 0 and 1; 0 for an empty text. */
  confidence: number;
}

/** What a recognizer gives for one line: the same number of time steps in each. */
export interface TimeSteps {
  /** The most probable class of each step. */
  classes: ArrayLike<number | bigint>;
  /** Its probability. */
  probabilities: ArrayLike<number>;
  /** The probability of a space. */
  spaces: ArrayLike<number>;
}

/** Class of "no character here" in connectionist temporal classification. */
const BLANK = 0;

/**
 * Reads a PP-OCR dictionary.
 *
 * @param dictionary One character a line.
 * @returns The characters by class: nothing for the blank, the dictionary, and last the space.
 */
export function parseDictionary(dictionary: string): string[] {
  const lines = dictionary.replace(/\r?\n$/, "").split(/\r?\n/);
  return ["", ...lines, " "];
}

/**
 * Decodes the most probable class of each time step: repeats count once, blanks part repeats.
 *
 * Greedy decoding of connectionist temporal classification (Graves et al. 2006), but for spaces, which
 * need to be likely only, and stand between characters alone.
 *
 * @param dictionary Characters by class, from {@linkcode parseDictionary}.
 * @param spaceThreshold Probability of a space, at any one step between two characters, that makes one.
 */
export function decodeCtc(
  { classes, probabilities, spaces }: TimeSteps,
  dictionary: readonly string[],
  spaceThreshold: number,
): DecodedText {
  const space = dictionary.length - 1;
  const characters: string[] = [];
  const steps: number[] = [];
  let sum = 0;
  let previous = BLANK;
  let likeliestSpace = 0;
  for (let step = 0; step < classes.length; step++) {
    const current = Number(classes[step]);
    likeliestSpace = Math.max(likeliestSpace, spaces[step] ?? 0);
    const isCharacter = current !== BLANK && current !== space;
    if (isCharacter && current !== previous) {
      if (steps.length > 0 && likeliestSpace >= spaceThreshold) {
        characters.push(" ");
        steps.push(step);
      }
      characters.push(dictionary[current] ?? "");
      steps.push(step);
      sum += probabilities[step] ?? 0;
    }
    if (isCharacter) likeliestSpace = 0;
    previous = current;
  }
  const count = characters.filter((character) => character !== " ").length;
  return { characters, steps, confidence: count === 0 ? 0 : sum / count };
}
