import type { ServerMessage } from "./messages.ts";

/**
 * Reads one text message of a stream.
 *
 * What kind of message it is, is looked at; that its fields are as the types say is left to the server.
 *
 * @returns `null` for anything that is no message of the protocol: a newer server may say more than we know.
 */
export function parseServerMessage(text: string): ServerMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null) return null;
  const { frame_index, result, dropped, warning, session_id, error } = message as Record<
    string,
    unknown
  >;
  const isAnswer = typeof frame_index === "number" &&
    (typeof result === "object" && result !== null || dropped === true);
  const isKnown = isAnswer || warning === "slow_down" ||
    typeof session_id === "string" || typeof error === "string";
  return isKnown ? message as ServerMessage : null;
}
