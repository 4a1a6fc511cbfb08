/** Small images that are made to take long, or much memory, to decode. */

import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

function concat(parts: readonly (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A segment of a JPEG. */
function segment(marker: number, data: Uint8Array | number[]): Uint8Array {
  const length = data.length + 2;
  return concat([[0xff, marker, length >> 8, length & 0xff], data]);
}

/**
 * A grey progressive JPEG whose last scan, which says that nothing changes, comes again and again.
 *
 * It is legal for the decoder, which warns of nothing; each scan takes 20 bytes of the file and a pass over all pixels.
 *
 * @param side Width and height in pixels
 * @param scans Number of scans, from 1
 */
export function makeScanBomb(side: number, scans: number): Uint8Array<ArrayBuffer> {
  const blocks = Math.ceil(side / 8) ** 2;
  const size = [side >> 8, side & 0xff];
  const oneCode = (symbol: number) => [1, ...new Array<number>(15).fill(0), symbol];
  const scan = (from: number, to: number) => segment(0xda, [1, 1, 0x00, from, to, 0x00]);
  // For as many blocks as one code can say, there is nothing but zeros: the code 0, and fourteen ones for the number.
  const runs = new Array<string>(Math.ceil(blocks / 32_767)).fill(`0${"1".repeat(14)}`).join("");
  const bytes = runs.padEnd(Math.ceil(runs.length / 8) * 8, "1").match(/.{8}/g) ?? [];
  const zeros = bytes.map((bits) => parseInt(bits, 2)).flatMap((byte) =>
    byte === 0xff ? [byte, 0] : [byte]
  );
  const again = concat([scan(1, 63), zeros]);
  return concat([
    [0xff, 0xd8],
    segment(0xdb, [0, ...new Array<number>(64).fill(1)]),
    segment(0xc2, [8, ...size, ...size, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...oneCode(0)]),
    segment(0xc4, [0x10, ...oneCode(0xe0)]),
    scan(0, 0),
    new Uint8Array(Math.ceil(blocks / 8)),
    ...new Array<Uint8Array>(scans - 1).fill(again),
    [0xff, 0xd9],
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat([new TextEncoder().encode(type), data]);
  const out = new Uint8Array(body.length + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return out;
}

/** Puts further chunks right behind the header of a PNG. */
export function addChunks(
  png: Uint8Array,
  chunks: readonly [type: string, data: Uint8Array][],
): Uint8Array<ArrayBuffer> {
  const headerEnd = 8 + 25;
  return concat([
    png.subarray(0, headerEnd),
    ...chunks.map(([type, data]) => chunk(type, data)),
    png.subarray(headerEnd),
  ]);
}

/** A PNG with so many notes, each of which is eight kilobytes in the file and eight megabytes in memory. */
export async function makeNoteBomb(notes: number): Promise<Uint8Array<ArrayBuffer>> {
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
    .png().toBuffer();
  const packed = deflateSync(new Uint8Array(7_900_000).fill(65), { level: 9 });
  return addChunks(
    png,
    Array.from({ length: notes }, (_, index) => {
      const keyword = new TextEncoder().encode(`note ${index}`);
      return ["zTXt", concat([keyword, [0, 0], packed])];
    }),
  );
}

/** A colour profile that maps each colour through so many matrices. */
function makeProfile(stages: number): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  const fixed = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value * 65_536);
    return bytes;
  };
  const number = (value: number) => fixed(value / 65_536);
  const one = [0x3f, 0x80, 0, 0];
  const zero = [0, 0, 0, 0];
  const matrix = concat([
    text("matf"),
    [...zero, 0, 3, 0, 3],
    ...[one, zero, zero, zero, one, zero, zero, zero, one, zero, zero, zero],
  ]);
  const elementsAt = 16 + 8 * stages;
  const elements = concat([
    ...[text("mpet"), zero, [0, 3, 0, 3], number(stages)],
    ...Array.from(
      { length: stages },
      (_, index) => concat([number(elementsAt + matrix.length * index), number(matrix.length)]),
    ),
    ...new Array<Uint8Array>(stages).fill(matrix),
  ]);
  const xyz = (x: number, y: number, z: number) =>
    concat([text("XYZ "), zero, fixed(x), fixed(y), fixed(z)]);
  const curve = concat([text("curv"), new Uint8Array(12)]);
  const tags: [string, Uint8Array][] = [
    ...["D2B0", "D2B1"].map((name): [string, Uint8Array] => [name, elements]),
    ["wtpt", xyz(0.9642, 1, 0.8249)],
    ["rXYZ", xyz(0.436, 0.222, 0.0139)],
    ["gXYZ", xyz(0.385, 0.717, 0.097)],
    ["bXYZ", xyz(0.143, 0.06, 0.714)],
    ...["rTRC", "gTRC", "bTRC"].map((name): [string, Uint8Array] => [name, curve]),
  ];
  const contents = [...new Set(tags.map(([, data]) => data))];
  const contentsAt = 132 + 12 * tags.length;
  const offsetOf = (data: Uint8Array) =>
    contents.slice(0, contents.indexOf(data)).reduce((sum, { length }) => sum + length, contentsAt);
  const last = contents.at(-1) ?? new Uint8Array();
  const header = new Uint8Array(128);
  header.set(number(offsetOf(last) + last.length));
  header.set([4, 0x30], 8);
  header.set(text("mntrRGB XYZ "), 12);
  header.set(text("acsp"), 36);
  header.set(concat([fixed(0.9642), fixed(1), fixed(0.8249)]), 68);
  return concat([
    header,
    number(tags.length),
    ...tags.map(([name, data]) =>
      concat([text(name), number(offsetOf(data)), number(data.length)])
    ),
    ...contents,
  ]);
}

/** A JPEG with a colour profile that takes longer to apply the more stages it has. */
export function addProfile(jpeg: Uint8Array, stages: number): Uint8Array<ArrayBuffer> {
  const profile = makeProfile(stages);
  const most = 65_519;
  const count = Math.ceil(profile.length / most);
  const segments = Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(most * index, most * (index + 1));
    return segment(
      0xe2,
      concat([new TextEncoder().encode("ICC_PROFILE\0"), [index + 1, count], part]),
    );
  });
  return concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}
