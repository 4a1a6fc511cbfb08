import { expect } from "expect";
import fc from "fast-check";
import { isCutOff } from "../../../lib/video/decode/file_structure.ts";

function box(type: string, size: number, body = size - 8): Uint8Array {
  const bytes = new Uint8Array(8 + body);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set(new TextEncoder().encode(type), 4);
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function check(file: Uint8Array): Promise<boolean> {
  return isCutOff(
    file.length,
    (offset, length) => Promise.resolve(file.subarray(offset, offset + length)),
  );
}

Deno.test("isCutOff sees that media or their index end too early", async () => {
  const start = box("ftyp", 24);
  for (const type of ["mdat", "moov", "moof"]) {
    expect(await check(join(start, box(type, 100)))).toBe(false);
    expect(await check(join(start, box(type, 100, 91)))).toBe(true);
    expect(await check(join(start, box(type, 0, 50)))).toBe(false);
  }
});

Deno.test("isCutOff reads sizes of 64 bits", async () => {
  const large = box("mdat", 1, 92);
  const view = new DataView(large.buffer);
  view.setBigUint64(8, 100n);
  expect(await check(large)).toBe(false);
  view.setBigUint64(8, 101n);
  expect(await check(large)).toBe(true);
});

Deno.test("isCutOff lets rubbish after the last box pass", async () => {
  expect(await check(join(box("ftyp", 24), box("mdat", 100), box("free", 5000, 4)))).toBe(false);
});

Deno.test("isCutOff sees a missing end behind many boxes, small and large", async () => {
  const pieces = Array.from({ length: 3000 }, (_, index) => box("free", 8 + index % 50));
  const start = join(box("ftyp", 24), ...pieces, box("mdat", 10_000));
  for (let cut = 0; cut < 5000; cut += 499) {
    expect(await check(start.subarray(0, start.length - cut))).toBe(cut > 0);
  }
});

Deno.test("isCutOff reads many small boxes at once, and gives up a file that has too many", async () => {
  const small = new Uint8Array(8_000_000);
  const free = box("free", 8);
  for (let offset = 0; offset < small.length; offset += 8) small.set(free, offset);
  let reads = 0;
  const read = (offset: number, length: number) => {
    reads++;
    return Promise.resolve(small.subarray(offset, offset + length));
  };
  expect(await isCutOff(small.length, read)).toBe(false);
  expect(reads).toBeLessThan(2500);
  reads = 0;
  const large = box("free", 100_000);
  const readLarge = () => Promise.resolve(large.subarray(0, ++reads && 16));
  expect(await isCutOff(Number.MAX_SAFE_INTEGER, readLarge)).toBe(false);
  expect(reads).toBeLessThan(50_000);
});

Deno.test("isCutOff comes to an end for any bytes", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
    expect(typeof await check(bytes)).toBe("boolean");
  }));
});
