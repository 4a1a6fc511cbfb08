/** `ModelProto.graph` in `onnx.proto`. */
export const GRAPH_FIELD = 7;

/** Largest field number of `ModelProto`, with room for later versions. */
const MOST_FIELDS = 1000;

/** What files are that are often taken for models, by how they begin. */
const OTHER_FILES: readonly (readonly [start: string, what: string])[] = [
  ["PK\x03\x04", "it is a zip file, perhaps PyTorch weights; export them to ONNX"],
  [
    "version https://git-lfs",
    "it is a pointer of Git LFS; fetch the file itself with git lfs pull",
  ],
  ["<", "it is a web page or XML; an ONNX file works"],
];

/**
 * Looks whether a file may be an ONNX model, without reading more than the heads of its fields.
 *
 * @param size Of the file, in bytes
 * @returns What is wrong, as the end of a sentence; `undefined` where nothing is
 */
export function checkOnnxFile(file: Deno.FsFile, size: number): string | undefined {
  if (size === 0) return "it is empty; an ONNX file works";
  const start = new TextDecoder("latin1").decode(readAt(file, 0));
  const [, what] = OTHER_FILES.find(([beginning]) => start.startsWith(beginning)) ?? [];
  if (what !== undefined) return what;
  let hasGraph = false;
  for (const field of fieldsOf(file, size)) {
    if (field === undefined) return "it is no ONNX file, or it is damaged; an ONNX file works";
    hasGraph ||= field.number === GRAPH_FIELD;
    const end = field.start + field.length;
    if (end > size) {
      return `it is cut short, ${end - size} bytes are missing; copy or fetch it again`;
    }
  }
  return hasGraph ? undefined : "it is no ONNX file: it holds no graph; an ONNX file works";
}

/** A field of a message, with its number and its length. */
export interface MessageField {
  /** Which field it is. */
  number: number;
  /** Where it begins, in bytes. */
  start: number;
  /** From its beginning to its end, in bytes. */
  length: number;
  /** From its beginning to that of its content, in bytes. */
  head: number;
}

/**
 * The fields of the message that a file, or a part of it, holds, of which no more is read than their heads.
 *
 * @param end Where the message ends, in bytes
 * @param begin Where it begins, in bytes
 * @returns At last `undefined` where there is no field
 */
export function* fieldsOf(
  file: Deno.FsFile,
  end: number,
  begin = 0,
): Generator<MessageField | undefined> {
  for (let start = begin; start < end;) {
    const field = readField(readAt(file, start));
    yield field && { ...field, start };
    if (field === undefined) return;
    start += field.length;
  }
}

/** The most that is needed of a field: its number, and its length or number. */
const HEAD_LENGTH = 24;

function readAt(file: Deno.FsFile, place: number): Uint8Array {
  const head = new Uint8Array(HEAD_LENGTH);
  file.seekSync(place, Deno.SeekMode.Start);
  return head.subarray(0, file.readSync(head) ?? 0);
}

/** The number of a field, and the bytes from its beginning to its content and its end; `undefined` where there is none. */
function readField(head: Uint8Array): Omit<MessageField, "start"> | undefined {
  const tag = readVarint(head, 0);
  if (tag === undefined) return undefined;
  const number = Math.floor(tag.value / 8);
  if (number < 1 || number > MOST_FIELDS) return undefined;
  const value = readVarint(head, tag.end);
  switch (tag.value % 8) {
    case 0:
      return value && { number, head: tag.end, length: value.end };
    case 1:
      return { number, head: tag.end, length: tag.end + 8 };
    case 2:
      return value && { number, head: value.end, length: value.end + value.value };
    case 5:
      return { number, head: tag.end, length: tag.end + 4 };
    default:
      return undefined;
  }
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = start; index < Math.min(bytes.length, start + 10); index++) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (index - start));
    if (byte < 0x80) return { value, end: index + 1 };
  }
  return undefined;
}
