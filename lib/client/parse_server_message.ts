import {
  CLOSE_CODES,
  type ServerMessage,
  type StreamErrorCode,
} from "../protocol/stream_messages.ts";

/** Whether `value` is one of the error codes of the stream. */
export function isStreamErrorCode(value: unknown): value is StreamErrorCode {
  return typeof value === "string" && Object.hasOwn(CLOSE_CODES, value);
}

/**
 * Reads one text message of the stream.
 *
 * @returns `null` for anything that is no message of this protocol: a newer server may say more than we know.
 */
export function parseServerMessage(text: string): ServerMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  return isServerMessage(message) ? message : null;
}

function isServerMessage(value: unknown): value is ServerMessage {
  if (!isRecord(value)) return false;
  if (Number.isInteger(value.frame_index)) return value.dropped === true || isResult(value.result);
  return value.warning === "slow_down" ||
    (isStreamErrorCode(value.error) && typeof value.detail === "string");
}

function isResult(value: unknown): boolean {
  return isRecord(value) && isRecord(value.image) && Array.isArray(value.detections) &&
    Array.isArray(value.text_blocks) && isRecord(value.timings_ms);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
