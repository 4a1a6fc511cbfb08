import { Signal } from "@preact/signals";
import { isValidElement } from "preact";

/**
 * Writes a value as a JavaScript array literal that is safe within a script element.
 *
 * The array holds one item for each value, the given one first. Strings, finite numbers, booleans and
 * `null` stand for themselves; every other value is an array of its kind and what it is made of,
 * where values within values are given by their index. So each object is written once, and what was
 * shared before is shared after.
 *
 * | kind | then |
 * |---|---|
 * | `"undefined"` | |
 * | `"number"`, `"bigint"` | text, for what JSON has no number for |
 * | `"array"`, `"set"` | indices of the elements |
 * | `"object"` | a key and the index of its value, in turn |
 * | `"map"` | the index of a key and that of its value, in turn |
 * | `"date"` | milliseconds, `null` when invalid |
 * | `"bytes"` | base64 |
 * | `"signal"`, `"computed"` | index of the value |
 *
 * @throws {TypeError} If the value holds a function, a symbol, JSX or an instance of another class.
 */
export function serialize(value: unknown): string {
  const serializer = new Serializer();
  serializer.indexOf(value);
  return JSON.stringify(serializer.items)
    .replaceAll(
      /[<\u2028\u2029]/g,
      (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

class Serializer {
  readonly items: unknown[] = [];
  readonly #indices = new Map<unknown, number>();

  indexOf(value: unknown): number {
    // Minus zero is another value than zero, but the same key.
    const known = Object.is(value, -0) ? undefined : this.#indices.get(value);
    if (known !== undefined) return known;
    const index = this.items.push(undefined) - 1;
    if (!Object.is(value, -0)) this.#indices.set(value, index);
    this.items[index] = this.#item(value);
    return index;
  }

  #item(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "undefined":
        return ["undefined"];
      case "bigint":
        return ["bigint", `${value}`];
      case "number":
        if (Object.is(value, -0)) return ["number", "-0"];
        return Number.isFinite(value) ? value : ["number", `${value}`];
      case "object":
        return value === null ? null : this.#object(value);
      default:
        throw new TypeError(`Cannot pass a ${typeof value} to an island`);
    }
  }

  #object(value: object): unknown[] {
    if (value instanceof Signal) {
      const kind = Object.getPrototypeOf(value) === Signal.prototype ? "signal" : "computed";
      return [kind, this.indexOf(value.peek())];
    }
    if (Array.isArray(value)) return ["array", ...this.#all(value)];
    if (value instanceof Set) return ["set", ...this.#all(value)];
    if (value instanceof Map) return ["map", ...this.#all([...value].flat(1))];
    if (value instanceof Date) return ["date", value.getTime()];
    if (value instanceof Uint8Array) return ["bytes", value.toBase64()];
    if (isValidElement(value)) {
      throw new TypeError("Cannot pass JSX to an island");
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(
        `Cannot pass an instance of ${prototype.constructor.name} to an island`,
      );
    }
    return [
      "object",
      ...Object.entries(value).flatMap(([key, it]) => [key, this.indexOf(it)]),
    ];
  }

  #all(values: Iterable<unknown>): number[] {
    return Array.from(values, (value) => this.indexOf(value));
  }
}
