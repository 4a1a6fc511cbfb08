/** A text without the control characters by which a file's name could command a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\ufffd");
}
