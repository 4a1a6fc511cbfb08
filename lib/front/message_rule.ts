/**
 * Which WebSocket messages of clients may pass.
 *
 * @module
 */

import { CLOSE_CODES } from "../protocol/stream.ts";
import { type FrameHeader, isControl, OPCODES } from "./frame_header.ts";

/** How a WebSocket is ended by the door. */
export interface WebSocketRefusal {
  /** Close code. */
  code: number;
  /** Reason of the close. */
  reason: string;
  /** A text message that is sent before the close. */
  message?: string;
}

/** What is asked of the messages on one path. */
export interface MessageRule {
  /** Bytes of the largest message, all its fragments together; one of exactly this size passes. */
  maxBytes: number;
  /** What a client is told whose message would be larger: of `bytes`, as far as they are announced. */
  refuseTooLarge(bytes: number, isText: boolean): WebSocketRefusal;
}

const STREAM_PATH = "/ws/video/stream";
/** Largest message where clients have next to nothing to say. */
const MAX_OTHER_BYTES = 65_536;
/** Largest payload of a control frame (RFC 6455, 5.5). */
const MAX_CONTROL_BYTES = 125;

function streamError(code: "frame_too_large" | "invalid_message", detail: string) {
  return {
    code: CLOSE_CODES[code],
    reason: code,
    message: JSON.stringify({ error: code, detail }),
  };
}

/**
 * The rule for a path; on streams, what is said is the protocol's error for the same fault.
 *
 * @param target Path and query of the request
 * @param maxFrameBytes Largest frame of a stream
 * @param basePath The path below which streams are as well, such as `/vision`
 */
export function messageRuleFor(target: string, maxFrameBytes: number, basePath = ""): MessageRule {
  const { pathname } = new URL(`http://door${target}`);
  const path = pathname.replaceAll(/\/+/g, "/");
  if (path !== STREAM_PATH && path !== basePath + STREAM_PATH) {
    return {
      maxBytes: MAX_OTHER_BYTES,
      refuseTooLarge: () => ({ code: 1009, reason: "message_too_large" }),
    };
  }
  return {
    maxBytes: maxFrameBytes,
    refuseTooLarge: (bytes, isText) =>
      isText ? streamError("invalid_message", "Expected binary frame payload") : streamError(
        "frame_too_large",
        `Frame of ${bytes} bytes exceeds the limit of ${maxFrameBytes} bytes`,
      ),
  };
}

const PROTOCOL_ERROR: WebSocketRefusal = { code: 1002, reason: "protocol_error" };

/** Adds up the fragments of a client's messages and holds each frame against the rule. */
export class MessageMeter {
  readonly #rule: MessageRule;
  #announced = 0;
  #begunAt = 0;
  #isText = false;
  #isInMessage = false;

  /** Begins before the first message. */
  constructor(rule: MessageRule) {
    this.#rule = rule;
  }

  /** Bytes of the message that has begun last, as far as they are announced. */
  get announced(): number {
    return this.#announced;
  }

  /** What {@linkcode announced} would be after a frame of a message. */
  announcedWith({ opcode, payloadLength }: FrameHeader): number {
    return (opcode === OPCODES.continuation ? this.#announced : 0) + payloadLength;
  }

  /** When that message began, by `performance.now()`. */
  get begunAt(): number {
    return this.#begunAt;
  }

  /** Whether a message has begun whose last frame has not. */
  get isInMessage(): boolean {
    return this.#isInMessage;
  }

  /** Looks at the next frame before it passes; `undefined` if it may. */
  check(header: FrameHeader): WebSocketRefusal | undefined {
    const { opcode, isFinal, hasReservedBits, payloadLength } = header;
    // No extension is ever agreed on.
    if (hasReservedBits) return PROTOCOL_ERROR;
    if (isControl(header)) {
      const isKnown = opcode <= OPCODES.pong;
      return isKnown && isFinal && payloadLength <= MAX_CONTROL_BYTES ? undefined : PROTOCOL_ERROR;
    }
    const begins = opcode !== OPCODES.continuation;
    if (opcode > OPCODES.binary || begins === this.#isInMessage) return PROTOCOL_ERROR;
    if (begins) {
      this.#announced = 0;
      this.#begunAt = performance.now();
      this.#isText = opcode === OPCODES.text;
    }
    this.#announced += payloadLength;
    this.#isInMessage = !isFinal;
    if (this.#announced <= this.#rule.maxBytes) return undefined;
    return this.#rule.refuseTooLarge(this.#announced, this.#isText);
  }
}
