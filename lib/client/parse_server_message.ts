import * as v from "valibot";
import { parseMessage } from "../protocol/parse_message.ts";
import {
  type ServerMessage,
  ServerMessageSchema,
  type StreamErrorCode,
  StreamErrorCodeSchema,
} from "../protocol/stream.ts";

/** Whether `value` is one of the error codes of the stream. */
export function isStreamErrorCode(value: unknown): value is StreamErrorCode {
  return v.is(StreamErrorCodeSchema, value);
}

/**
 * Reads one text message of the stream.
 *
 * @returns `null` for anything that is no message of this protocol: a newer server may say more than we know.
 */
export function parseServerMessage(text: string): ServerMessage | null {
  return parseMessage(ServerMessageSchema, text);
}
