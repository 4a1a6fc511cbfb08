import { expect } from "expect";
import fc from "fast-check";
import { BodyFraming, type BodyLength, MalformedBodyError } from "../../lib/front/body_framing.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Where a body ends in bytes that come in these pieces; -1 if it does not, `undefined` if it is malformed. */
function endOf(length: BodyLength, pieces: readonly Uint8Array[]): number | undefined {
  const framing = new BodyFraming(length);
  let end = 0;
  try {
    for (const piece of pieces) {
      if (framing.isComplete) break;
      const taken = framing.take(piece);
      if (taken < piece.length && !framing.isComplete) throw new Error("Stopped in the middle");
      end += taken;
    }
  } catch (error) {
    if (error instanceof MalformedBodyError) return undefined;
    throw error;
  }
  return framing.isComplete ? end : -1;
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  const edges = [0, ...sorted, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

function encodeChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = chunks.filter(({ length }) => length > 0).flatMap((chunk) => [
    ...bytesOf(`${chunk.length.toString(16)}\r\n`),
    ...chunk,
    ...bytesOf("\r\n"),
  ]);
  return new Uint8Array([...parts, ...bytesOf("0\r\n\r\n")]);
}

Deno.test("a body of a known length ends after it", () => {
  expect(endOf(0, [])).toBe(0);
  expect(endOf(3, [bytesOf("ab"), bytesOf("cGET /")])).toBe(3);
  expect(endOf(3, [bytesOf("ab")])).toBe(-1);
});

Deno.test("a body that ends with the connection takes everything", () => {
  expect(new BodyFraming("until_end").take(bytesOf("abc"))).toBe(3);
  expect(endOf("until_end", [bytesOf("abc")])).toBe(-1);
});

Deno.test("chunked bodies end where they end, whatever the pieces and whatever follows", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(fc.property(
    fc.array(bytes, { maxLength: 5 }),
    bytes,
    fc.array(fc.nat(), { maxLength: 8 }),
    (chunks, next, places) => {
      const body = encodeChunks(chunks);
      expect(endOf("chunked", cut(new Uint8Array([...body, ...next]), places))).toBe(body.length);
      expect(endOf("chunked", cut(body.subarray(0, -1), places))).toBe(-1);
    },
  ));
});

Deno.test("malformed chunks are noticed, whatever the pieces", () => {
  const malformed = [
    "\r\n",
    "g\r\n",
    "-1\r\n",
    "3;a=b\r\nabc\r\n0\r\n\r\n",
    "3 \r\nabc\r\n0\r\n\r\n",
    " 3\r\nabc\r\n0\r\n\r\n",
    "0x3\r\nabc\r\n0\r\n\r\n",
    "3\nabc\n0\n\n",
    "3\rabc\r\n0\r\n\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "3\r\nabc0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    `${"0".repeat(13)}\r\n\r\n`,
    `${"f".repeat(13)}\r\n`,
  ];
  for (const text of malformed) {
    expect([text, endOf("chunked", [bytesOf(text)])]).toEqual([text, undefined]);
    const bytewise = [...bytesOf(text)].map((byte) => new Uint8Array([byte]));
    expect([text, endOf("chunked", bytewise)]).toEqual([text, undefined]);
  }
});
