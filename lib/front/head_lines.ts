/**
 * The lines of HTTP/1.1 heads (RFC 9112), of requests and answers alike.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const DELETE = 127;
/** What a name may consist of (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

/** The lines of a head. */
export interface HeadLines {
  /** Request line or status line. */
  first: string;
  /** Values by their names in lower case, in the order in which they came. */
  fields: ReadonlyMap<string, string[]>;
}

/** Thrown for a head that is malformed, so that what comes after it cannot be told apart from it with certainty. */
export class MalformedHeadError extends NamedError {}

/**
 * Finds the end of a head.
 *
 * @param from Where to begin to look; bytes before it have been looked at
 * @returns Its length with the empty line; -1 if it is not complete
 */
export function findHeadEnd(bytes: Uint8Array, from = 0): number {
  for (let at = Math.max(0, from - 3); (at = bytes.indexOf(CR, at)) !== -1; at += 1) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at + 4;
  }
  return -1;
}

/** Nothing but tabs and printable bytes, and line ends only as CRLF: what others might read in another way is not let through. */
function checkBytes(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === CR && bytes[at + 1] === LF) at += 1;
    else if ((byte < SPACE && byte !== TAB) || byte === DELETE) {
      throw new MalformedHeadError("The head holds a control character");
    }
  }
}

/** Without the blanks around it; `trim` would take away more than HTTP allows. */
function trimBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === " " || text[at] === "\t";
  let [start, end] = [0, text.length];
  while (start < end && isBlank(start)) start += 1;
  while (start < end && isBlank(end - 1)) end -= 1;
  return text.slice(start, end);
}

/**
 * Reads the lines of a complete head.
 *
 * @throws {MalformedHeadError} If it deviates from the grammar in any way, folded lines included
 */
export function parseHeadLines(head: Uint8Array): HeadLines {
  checkBytes(head);
  const [first = "", ...lines] = new TextDecoder("latin1").decode(head).split("\r\n").slice(0, -2);
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!TOKEN.test(name)) throw new MalformedHeadError("A header line has no valid name");
    const value = trimBlanks(line.slice(colon + 1));
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return { first, fields };
}

/** The members of a list-valued header such as `Connection`, in lower case. */
export function listOf({ fields }: HeadLines, name: string): string[] {
  return (fields.get(name) ?? []).flatMap((value) => value.toLowerCase().split(","))
    .map(trimBlanks).filter((member) => member !== "");
}
