import { expect } from "expect";
import fc from "fast-check";
import {
  encodeClose,
  encodeFrame,
  type FrameHeader,
  OPCODES,
  readFrameHeader,
} from "../../lib/front/frame_header.ts";
import { FrameScanner } from "../../lib/front/frame_scanner.ts";

interface Frame {
  first: number;
  length: number;
  isMasked: boolean;
  /** Whether the length takes more bytes than it has to, which receivers have to understand. */
  lengthBytes: 0 | 2 | 8;
}

/** Writes a frame as RFC 6455, 5.2 says, independently of what is tested. */
function write({ first, length, isMasked, lengthBytes }: Frame): number[] {
  const size = lengthBytes === 8 || length > 65_535 ? 8 : lengthBytes === 2 || length > 125 ? 2 : 0;
  const announced = size === 0 ? length : size === 2 ? 126 : 127;
  const extended = Array.from(
    { length: size },
    (_, index) => Math.floor(length / 256 ** (size - 1 - index)) % 256,
  );
  const mask = isMasked ? [1, 2, 3, 4] : [];
  return [
    first,
    (isMasked ? 128 : 0) | announced,
    ...extended,
    ...mask,
    ...Array(length).fill(0xff),
  ];
}

const frame: fc.Arbitrary<Frame> = fc.record({
  first: fc.integer({ min: 0, max: 255 }),
  length: fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 65_530, max: 65_540 })),
  isMasked: fc.boolean(),
  lengthBytes: fc.constantFrom(0, 2, 8),
});

/** What a scanner finds in bytes that come in pieces of these sizes. */
function scanAll(bytes: Uint8Array, sizes: readonly number[]) {
  const scanner = new FrameScanner();
  const headers: FrameHeader[] = [];
  let [start, end] = [0, 0];
  for (let turn = 0; end < bytes.length; turn += 1) {
    end = Math.min(bytes.length, end + (sizes[turn % sizes.length] ?? 1));
    start += scanner.scan(bytes.subarray(start, end), (header) => headers.push(header) > 0);
  }
  return { headers, start, payloadLeft: scanner.payloadLeft };
}

Deno.test("any frames in any pieces give the same headers", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), sizes, (frames, pieces) => {
      const bytes = new Uint8Array(frames.flatMap(write));
      const { headers, start, payloadLeft } = scanAll(bytes, pieces);
      expect(headers.map(({ opcode, isFinal, hasReservedBits, payloadLength }) => ({
        first: (isFinal ? 128 : 0) | opcode,
        hasReservedBits,
        payloadLength,
      }))).toEqual(frames.map(({ first, length }) => ({
        first: first & 0x8f,
        hasReservedBits: (first & 0x70) !== 0,
        payloadLength: length,
      })));
      expect([start, payloadLeft]).toEqual([bytes.length, 0]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("single bytes give the same headers as the whole", () => {
  const bytes = new Uint8Array(
    [130, 128, 127].flatMap((first) =>
      write({ first, length: 300, isMasked: true, lengthBytes: 8 })
    ),
  );
  expect(scanAll(bytes, [1])).toEqual(scanAll(bytes, [bytes.length]));
});

Deno.test("a header that is not complete is left to the next piece", () => {
  const scanner = new FrameScanner();
  const whole = new Uint8Array(write({ first: 130, length: 200, isMasked: true, lengthBytes: 0 }));
  for (let length = 0; length < 8; length += 1) {
    expect(scanner.scan(whole.subarray(0, length), () => true)).toBe(0);
  }
  expect(scanner.scan(whole.subarray(0, 8), () => true)).toBe(8);
  expect(scanner.payloadLeft).toBe(200);
});

Deno.test("a scanner stops before the frame that it is told to stop at", () => {
  const scanner = new FrameScanner();
  const bytes = new Uint8Array([
    ...encodeFrame(1, new Uint8Array(3)),
    ...encodeFrame(2, new Uint8Array(9)),
  ]);
  expect(scanner.scan(bytes, ({ opcode }) => opcode === 1)).toBe(5);
  expect(scanner.payloadLeft).toBe(0);
});

Deno.test("a length of 64 bits is read as the number that it is", () => {
  const header = (...length: number[]) => readFrameHeader(new Uint8Array([130, 127, ...length]), 0);
  expect(header(0, 0, 0, 1, 0, 0, 0, 5)?.payloadLength).toBe(2 ** 32 + 5);
  expect(header(255, 255, 255, 255, 255, 255, 255, 255)?.payloadLength).toBe(2 ** 64);
});

Deno.test("encoded frames are what is read from them", () => {
  for (const length of [0, 125, 126, 65_535]) {
    for (const isMasked of [false, true]) {
      const bytes = encodeFrame(OPCODES.text, new Uint8Array(length), isMasked);
      const header = readFrameHeader(bytes, 0);
      expect(header).toMatchObject({ isFinal: true, opcode: OPCODES.text, payloadLength: length });
      expect(bytes.length).toBe((header?.headerLength ?? 0) + length);
    }
  }
  expect(encodeClose(1009, "no")).toEqual(new Uint8Array([0x88, 4, 0x03, 0xf1, 110, 111]));
});
