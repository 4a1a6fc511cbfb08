/**
 * Reads request bodies into memory, of which there is only so much for all of them together.
 *
 * @module
 */

import { ApiError, overloaded } from "./api.ts";

/** What bounds the memory of all bodies. */
export interface BodyBudget {
  /** Takes so many bytes; returns whether there was room for them. */
  take(bytes: number): boolean;
  /** Gives so many bytes back. */
  release(bytes: number): void;
}

/** How a body is to be read. */
export interface BodyOptions {
  /** Largest body in bytes; one of exactly this size passes. */
  maxBytes: number;
  /**
   * How many times the body is in memory while it is handled, for those who copy it.
   *
   * @default {1}
   */
  copies?: number;
}

/** Rate below which a body gives way to others where the memory does not suffice, in bytes a millisecond. */
const LEAST_RATE = 65.536;
/** Time for which a body may fall short of that rate, in milliseconds. */
const PATIENCE_MS = 3000;

/** Reads whole bodies, as long as there is memory for them. */
export class BodyReader {
  readonly #budget: BodyBudget;
  readonly #transfers = new Set<Transfer>();

  /** Begins with no body. */
  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  /**
   * Reads a body and lets it be handled. Its memory counts from before the first byte is read until that is over.
   *
   * @throws {ApiError} With 413 if the body is larger than the limit, 503 if there is no memory for it or it comes so slowly
   * that it has to make room, 400 if it breaks off
   */
  async read<T>(
    request: Request,
    { maxBytes, copies = 1 }: BodyOptions,
    handle: (body: Uint8Array<ArrayBuffer>) => T | Promise<T>,
  ): Promise<T> {
    const announced = request.headers.get("Content-Length");
    const size = announced === null ? maxBytes : Number(announced);
    if (!(size <= maxBytes)) throw tooLarge(maxBytes);
    using memory = this.#reserve(size * copies);
    return await handle(await this.#receive(request, size, memory));
  }

  /** Takes memory, if need be from those bodies that hold some and hardly come. */
  #reserve(bytes: number): Reservation {
    while (!this.#budget.take(bytes)) {
      const now = performance.now();
      const slow = this.#transfers.values().find((transfer) => transfer.isSlow(now));
      if (slow === undefined) throw overloaded("There is no memory for this request body");
      this.#transfers.delete(slow);
      slow.giveUp();
    }
    return new Reservation(this.#budget, bytes);
  }

  async #receive(
    request: Request,
    size: number,
    memory: Reservation,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (request.body === null) return new Uint8Array();
    const transfer = new Transfer(request.body, memory);
    this.#transfers.add(transfer);
    try {
      return await transfer.receive(size);
    } finally {
      this.#transfers.delete(transfer);
    }
  }
}

/** Memory that has been taken from a budget and is given back once. */
class Reservation implements Disposable {
  readonly #budget: BodyBudget;
  #bytes: number;

  constructor(budget: BodyBudget, bytes: number) {
    this.#budget = budget;
    this.#bytes = bytes;
  }

  [Symbol.dispose](): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }
}

/** A body that is on its way. */
class Transfer {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #memory: Reservation;
  /** Until when it is fast enough even if nothing more comes. */
  #fastUntil = performance.now() + PATIENCE_MS;
  #isGivenUp = false;

  constructor(body: ReadableStream<Uint8Array>, memory: Reservation) {
    this.#reader = body.getReader();
    this.#memory = memory;
  }

  isSlow(now: number): boolean {
    return now > this.#fastUntil;
  }

  /** Gives its memory back at once. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#memory[Symbol.dispose]();
    this.#reader.cancel().catch(() => {});
  }

  async receive(size: number): Promise<Uint8Array<ArrayBuffer>> {
    const body = new Uint8Array(size);
    let length = 0;
    for (let chunk; (chunk = await this.#next()) !== undefined;) {
      if (length + chunk.length > size) {
        this.#reader.cancel().catch(() => {});
        throw tooLarge(size);
      }
      body.set(chunk, length);
      length += chunk.length;
    }
    return length === size ? body : body.slice(0, length);
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value } = await this.#reader.read().catch(() => {
      throw new ApiError(400, "bad_request", "The body broke off");
    });
    if (this.#isGivenUp) {
      throw overloaded("The body came too slowly, and there was no memory for others");
    }
    const now = performance.now();
    const earned = Math.max(now, this.#fastUntil) + (value?.length ?? 0) / LEAST_RATE;
    this.#fastUntil = Math.min(earned, now + PATIENCE_MS);
    return value;
  }
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "payload_too_large", `Body exceeds the limit of ${maxBytes} bytes`);
}
