/**
 * Kinds of parameters that steps have.
 *
 * @module
 */

/** A parameter of a step. */
export interface StepParam {
  /** JSON Schema of its values, with a description. */
  schema: Readonly<Record<string, unknown>>;
  /** What it may be, for messages: `true or false`. */
  expected: string;
  /** Whether a value is one of those. */
  accepts(value: unknown): boolean;
}

/** Either true or false. */
export function flag(description: string, byDefault: boolean): StepParam {
  return {
    schema: { type: "boolean", description, default: byDefault },
    expected: "true or false",
    accepts: (value) => typeof value === "boolean",
  };
}

/** A number between 0 and 1. */
export function share(description: string): StepParam {
  return {
    schema: { type: "number", minimum: 0, maximum: 1, description },
    expected: "a number between 0 and 1",
    accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
  };
}

/** Most characters of a model's name or path. */
const MODEL_CHARACTERS = 1000;

/** A model, by its name or path; whether there is one is found out when pipelines are loaded. */
export function model(description: string): StepParam {
  return {
    schema: { type: "string", minLength: 1, maxLength: MODEL_CHARACTERS, description },
    expected: "the name of a model",
    accepts: (value) =>
      typeof value === "string" && value.length >= 1 && value.length <= MODEL_CHARACTERS,
  };
}

/** Most names in a list, and most characters of one. */
const LIST = { items: 1000, characters: 200 };

/** A list of names, at least one. */
export function names(description: string): StepParam {
  const items = { type: "string", minLength: 1, maxLength: LIST.characters };
  return {
    schema: { type: "array", items, minItems: 1, maxItems: LIST.items, description },
    expected: `a list of 1 to ${LIST.items} names`,
    accepts: (value) =>
      Array.isArray(value) && value.length >= 1 && value.length <= LIST.items &&
      value.every((item) =>
        typeof item === "string" && item.length >= 1 && item.length <= LIST.characters
      ),
  };
}
