/**
 * How values travel between machines: as JSON, with bytes and numbers of typed arrays behind it as they are.
 *
 * @module
 */

/** The arrays that are not written as JSON. */
const KINDS = { Uint8Array, Float32Array } as const;

/** Stands for an array in the JSON: its kind, and where its bytes begin and end. */
interface Reference {
  $array: [kind: keyof typeof KINDS, start: number, end: number];
}

const LENGTH_BYTES = 4;

/**
 * Writes a value of plain objects, lists, strings, numbers and typed arrays.
 *
 * @returns Length of the JSON in 4 bytes, the JSON, the arrays; numbers are exactly those that were given
 */
export function encodePacket(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: Uint8Array[] = [];
  let size = 0;
  const json = JSON.stringify(value, (_key, each: unknown) => {
    const kind = each instanceof Uint8Array
      ? "Uint8Array"
      : each instanceof Float32Array
      ? "Float32Array"
      : undefined;
    if (kind === undefined) return each;
    const { buffer, byteOffset, byteLength } = each as Uint8Array | Float32Array;
    arrays.push(new Uint8Array(buffer, byteOffset, byteLength));
    const reference: Reference = { $array: [kind, size, size + byteLength] };
    size += byteLength;
    return reference;
  });
  const header = new TextEncoder().encode(json);
  const packet = new Uint8Array(LENGTH_BYTES + header.length + size);
  new DataView(packet.buffer).setUint32(0, header.length);
  packet.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const array of arrays) {
    packet.set(array, at);
    at += array.length;
  }
  return packet;
}

/**
 * Reads a value that was written by {@linkcode encodePacket}; its arrays have memory of their own.
 *
 * @throws {SyntaxError} If it is no packet
 */
export function decodePacket(packet: Uint8Array): unknown {
  if (packet.length < LENGTH_BYTES) throw new SyntaxError("Cannot read a packet without a length");
  const length = new DataView(packet.buffer, packet.byteOffset).getUint32(0);
  const start = LENGTH_BYTES + length;
  if (start > packet.length) throw new SyntaxError("Cannot read a packet that was cut off");
  const json = new TextDecoder().decode(packet.subarray(LENGTH_BYTES, start));
  const bytes = packet.subarray(start);
  return JSON.parse(json, (_key, each: unknown) => isReference(each) ? arrayOf(each, bytes) : each);
}

function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "$array" in value;
}

function arrayOf({ $array: [kind, start, end] }: Reference, bytes: Uint8Array) {
  // One that begins at any byte could not be read as numbers.
  const { buffer, length } = new Uint8Array(bytes.subarray(start, end));
  if (length !== end - start || !Object.hasOwn(KINDS, kind)) {
    throw new SyntaxError("Cannot read a packet with an array that is not there");
  }
  return new KINDS[kind](buffer);
}
