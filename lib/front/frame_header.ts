/**
 * The headers of WebSocket frames (RFC 6455, 5.2).
 *
 * @module
 */

/** What a frame's first 4 bits may say. */
export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Opcodes from here on are those of control frames. */
const FIRST_CONTROL_OPCODE = 8;

/** What the header of a frame says. */
export interface FrameHeader {
  /** Whether the message ends with this frame. */
  isFinal: boolean;
  /** Whether one of the bits is set that only extensions use. */
  hasReservedBits: boolean;
  /** What kind of frame it is, 0 to 15; see {@linkcode OPCODES}. */
  opcode: number;
  /** Bytes of the payload, as announced. */
  payloadLength: number;
  /** Bytes of the header itself, 2 to 14. */
  headerLength: number;
}

/** Whether a frame is a control frame rather than a part of a message. */
export function isControl({ opcode }: FrameHeader): boolean {
  return opcode >= FIRST_CONTROL_OPCODE;
}

/**
 * Reads the header that begins at `at`.
 *
 * @returns `undefined` if it is not complete
 */
export function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (bytes.length < at + 2) return undefined;
  const [first, second] = [bytes[at], bytes[at + 1]];
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerLength = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
  if (bytes.length < at + headerLength) return undefined;
  let payloadLength = lengthBytes === 0 ? short : 0;
  for (let index = 0; index < lengthBytes; index += 1) {
    payloadLength = payloadLength * 256 + bytes[at + 2 + index];
  }
  return {
    isFinal: (first & 0x80) !== 0,
    hasReservedBits: (first & 0x70) !== 0,
    opcode: first & 0x0f,
    payloadLength,
    headerLength,
  };
}

/**
 * Makes a whole unfragmented frame.
 *
 * @param payload Up to 65,535 bytes
 * @param isMasked As a client sends it, with a mask of zeros, which leaves the payload as it is
 */
export function encodeFrame(
  opcode: number,
  payload: Uint8Array,
  isMasked = false,
): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const mask = isMasked ? 0x80 : 0;
  const lengths = length < 126 ? [mask | length] : [mask | 126, length >> 8, length & 0xff];
  const header = [0x80 | opcode, ...lengths, ...(isMasked ? [0, 0, 0, 0] : [])];
  return new Uint8Array([...header, ...payload]);
}

/** Makes a close frame. */
export function encodeClose(
  code: number,
  reason: string,
  isMasked = false,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(reason);
  return encodeFrame(
    OPCODES.close,
    new Uint8Array([code >> 8, code & 0xff, ...text]),
    isMasked,
  );
}
