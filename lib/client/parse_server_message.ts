import { parseMessage } from "../protocol/parse_message.ts";
import { type ServerMessage, ServerMessageSchema } from "../protocol/stream.ts";

/**
 * Reads one text message of the stream.
 *
 * @returns `null` for anything that is no message of this protocol: a newer server may say more than we know.
 */
export function parseServerMessage(text: string): ServerMessage | null {
  return parseMessage(ServerMessageSchema, text);
}
