import { computed, Signal, signal } from "@preact/signals";
import { stringify, unflatten } from "devalue";
import { isValidElement } from "preact";

const REDUCERS = {
  Signal: (value: unknown) => isSignal(value) && !isComputed(value) && [value.peek()],
  Computed: (value: unknown) => isSignal(value) && isComputed(value) && [value.peek()],
  Jsx(value: unknown) {
    if (isValidElement(value) && !isSignal(value)) {
      throw new TypeError("Cannot pass JSX to an island");
    }
  },
};

const REVIVERS = {
  Signal: ([value]: unknown[]) => signal(value),
  Computed: ([value]: unknown[]) => computed(() => value),
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
  return unflatten([...literal], REVIVERS);
}

function isSignal(value: unknown): value is Signal {
  return value instanceof Signal;
}

function isComputed(signal: Signal): boolean {
  return Object.getPrototypeOf(signal) !== Signal.prototype;
}
