/**
 * Reads environment variables.
 *
 * @module
 */

import { UserError } from "./user_error.ts";

/** Thrown for an environment variable that cannot be used; the message names variable and value. */
export class ConfigError extends UserError {}

/** Bytes of a megabyte, as settings and documents count. */
export const MEGABYTE = 1_048_576;

/** Tells that a variable cannot be used. */
export function fail(name: string, expected: string, value: string): never {
  throw new ConfigError(`Cannot parse ${name}: expected ${expected}, got ${JSON.stringify(value)}`);
}

/** Looks up and parses single variables; an empty one counts as unset, as it does in most shells' idioms. */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;

  /** Reads from `variables`, such as `Deno.env.toObject()`. */
  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /** Without spaces around; `undefined` where it is unset or empty. */
  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  /** The parts between commas. */
  list(name: string): string[] {
    const parts = this.text(name)?.split(",") ?? [];
    return parts.map((part) => part.trim()).filter((part) => part !== "");
  }

  /** A decimal number of the values that `accepts` lets through, which `expected` puts in words. */
  number(
    name: string,
    fallback: number,
    expected: string,
    accepts: (value: number) => boolean,
  ): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    // Number() would also read "0x10" and "1e3", which nobody means here.
    const value = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : NaN;
    return accepts(value) ? value : fail(name, expected, text);
  }

  /** A number between 0 and 1. */
  ratio(name: string, fallback: number): number {
    return this.number(name, fallback, "a number between 0 and 1", (n) => n >= 0 && n <= 1);
  }

  /** A whole number of a range, both ends included. */
  integer(name: string, fallback: number, minimum: number, maximum: number): number {
    return this.number(
      name,
      fallback,
      `a whole number between ${minimum} and ${maximum}`,
      (n) => Number.isInteger(n) && n >= minimum && n <= maximum,
    );
  }

  /** The same; `undefined` where it is unset. */
  optionalInteger(name: string, minimum: number, maximum: number): number | undefined {
    if (this.text(name) === undefined) return undefined;
    return this.integer(name, minimum, minimum, maximum);
  }

  /** A number of megabytes, in bytes. */
  megabytes(name: string, fallback: number): number {
    // From 1 KiB, as less is of no use, to what numbers count exactly.
    const expected = "a number of megabytes between 0.001 and 1000000";
    const value = this.number(name, fallback, expected, (n) => n >= 0.001 && n <= 1_000_000);
    return Math.floor(value * MEGABYTE);
  }

  /** The same; `undefined` where it is unset. */
  optionalMegabytes(name: string): number | undefined {
    return this.text(name) === undefined ? undefined : this.megabytes(name, NaN);
  }

  /** A duration given in seconds, in milliseconds; 0 switches it off. */
  seconds(name: string, fallback: number): number {
    // Timers count in 32-bit milliseconds, which is 24 days.
    const expected = "a number of seconds between 0 and 2000000";
    return this.number(name, fallback, expected, (n) => n >= 0 && n <= 2_000_000) * 1000;
  }

  /** One of some words. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    return choices.find((choice) => choice === text) ??
      fail(name, `one of ${choices.join(", ")}`, text);
  }
}
