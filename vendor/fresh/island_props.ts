import { Signal, signal } from "@preact/signals";
// In full, since `deno.json` of this folder counts only where it is linked.
import { stringify, unflatten } from "npm:devalue@6.0.3";
import { isValidElement } from "preact";

const REDUCERS = {
  Signal: (value: unknown) => value instanceof Signal && [value.peek()],
  Jsx(value: unknown) {
    if (isValidElement(value) && !(value instanceof Signal)) {
      throw new TypeError("Cannot pass JSX to an island");
    }
  },
};

/**
 * Writes the props of all islands of a page as a JavaScript literal that is safe in a script element.
 *
 * What they share, such as a signal, is written once, and shared again after {@linkcode readProps}.
 *
 * @throws {Error} If there is a function, JSX, or an instance of a class that is not built in.
 */
export function writeProps(props: readonly unknown[]): string {
  return stringify(props, REDUCERS);
}

/** Reads what {@linkcode writeProps} wrote. */
export function readProps(literal: readonly unknown[]): Record<string, unknown>[] {
  return unflatten([...literal], { Signal: ([value]: unknown[]) => signal(value) });
}
