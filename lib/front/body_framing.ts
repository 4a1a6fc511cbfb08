/**
 * Where the body of a message ends (RFC 9112, 6 and 7).
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

/** Bytes, or how the end is found. */
export type BodyLength = number | "chunked" | "until_end";

/** Thrown for a chunk that is malformed, so that the end of the body cannot be known. */
export class MalformedBodyError extends NamedError {}

const CR = 13;
const LF = 10;
/** Hexadecimal digits of a chunk's size; far more than anybody sends. */
const MAX_SIZE_DIGITS = 12;

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Follows a body piece by piece, whatever the pieces are, and keeps none of them. */
export class BodyFraming {
  readonly #length: BodyLength;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left: number;
  /** What is expected next; `size` digits, a `carriage` return or a `line` feed, both after a size or after a chunk. */
  #expected: "size" | "sizeLine" | "data" | "dataCarriage" | "dataLine" | "endCarriage" | "endLine";
  #digits = 0;
  #isComplete: boolean;

  /** Begins where the head has ended. */
  constructor(length: BodyLength) {
    this.#length = length;
    this.#left = typeof length === "number" ? length : 0;
    this.#expected = "size";
    this.#isComplete = length === 0;
  }

  /** Whether the body has ended; one that ends with the connection never has. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Follows the next piece.
   *
   * @returns How many of its first bytes belong to the body; fewer than all only where it ends
   * @throws {MalformedBodyError} If a chunk is malformed; extensions and trailers count as such
   */
  take(bytes: Uint8Array): number {
    if (this.#length === "until_end") return bytes.length;
    if (this.#length === "chunked") return this.#takeChunks(bytes);
    const taken = Math.min(this.#left, bytes.length);
    this.#left -= taken;
    this.#isComplete = this.#left === 0;
    return taken;
  }

  #takeChunks(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.#isComplete) {
      if (this.#expected === "data") {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#expected = "dataCarriage";
      } else {
        this.#takeByte(bytes[at]);
        at += 1;
      }
    }
    return at;
  }

  #takeByte(byte: number): void {
    switch (this.#expected) {
      case "size":
        return this.#takeSize(byte);
      case "sizeLine":
        this.#expect(byte === LF);
        this.#expected = this.#left === 0 ? "endCarriage" : "data";
        return;
      case "dataCarriage":
        this.#expect(byte === CR);
        this.#expected = "dataLine";
        return;
      case "dataLine":
        this.#expect(byte === LF);
        this.#expected = "size";
        return;
      case "endCarriage":
        this.#expect(byte === CR);
        this.#expected = "endLine";
        return;
      case "endLine":
        this.#expect(byte === LF);
        this.#isComplete = true;
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit === -1) {
      this.#expect(byte === CR && this.#digits > 0);
      this.#digits = 0;
      this.#expected = "sizeLine";
      return;
    }
    this.#digits += 1;
    this.#expect(this.#digits <= MAX_SIZE_DIGITS);
    // The first digit of a size follows the rest of the chunk before, which is 0.
    this.#left = this.#left * 16 + digit;
  }

  #expect(holds: boolean): void {
    if (!holds) throw new MalformedBodyError("A chunk of the body is malformed");
  }
}
