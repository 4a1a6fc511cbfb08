import { expect } from "expect";
import fc from "fast-check";
import { decodePacket, encodePacket } from "../../lib/cluster/packet.ts";

Deno.test("a packet gives back every number, text and array exactly", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "grapheme" }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array(),
      fc.float32Array(),
      fc.array(tie("value")),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie("value"), { noNullPrototype: true }),
    ),
  })).value;
  fc.assert(fc.property(value, fc.nat(3), (given, offset) => {
    const packet = encodePacket(given);
    // As it comes out of the middle of what was read.
    const received = new Uint8Array(packet.length + offset).subarray(offset);
    received.set(packet);
    // -0 becomes 0 in JSON.
    expect(JSON.stringify(decodePacket(received))).toBe(JSON.stringify(given));
    expect(decodePacket(received)).toEqual(withoutNegativeZero(given));
  }));
});

function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, withoutNegativeZero(each)]),
  );
}

Deno.test("what is not there is left out of a packet, and an array has memory of its own", () => {
  const packet = encodePacket({ a: undefined, b: Uint8Array.of(1, 2, 3).subarray(1) });
  const decoded = decodePacket(packet) as { b: Uint8Array };
  expect(Object.keys(decoded)).toEqual(["b"]);
  packet.fill(0);
  expect(decoded.b).toEqual(Uint8Array.of(2, 3));
  expect(decoded.b.buffer.byteLength).toBe(2);
});

Deno.test("bytes that are no packet are refused", () => {
  const packet = encodePacket({ image: Uint8Array.of(1, 2, 3) });
  for (let length = 0; length < packet.length; length++) {
    expect(() => decodePacket(packet.subarray(0, length))).toThrow(SyntaxError);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
    try {
      decodePacket(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
    }
  }));
});
