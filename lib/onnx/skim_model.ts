/** Reads a large model without its weights, to say soon, and in little memory, that it is no detector. @module */

import { fieldsOf, GRAPH_FIELD, type MessageField } from "./check_onnx_file.ts";
import { type OnnxModel, parseOnnx } from "./onnx_schema.ts";

/** `GraphProto.initializer` in `onnx.proto`. */
const INITIALIZER_FIELD = 5;

/** Constants of more bytes are weights; smaller ones may be shapes, or other numbers that tell how a graph works. */
const MOST_CONSTANT = 10_000;

/** The names and lengths of weights are far shorter. */
const MOST_NOTE = 1000;

/**
 * Reads a model of which the weights have their names, types and lengths, but no elements.
 *
 * @param size Of the file, in bytes
 * @throws {TypeError} If the file is no model
 */
export function skimModel(file: Deno.FsFile, size: number): OnnxModel {
  const copy = (field: MessageField) => readRange(file, field.start, field.length);
  const skimTensor = (field: MessageField) =>
    rewrite(file, field, (note) => note.length <= MOST_NOTE ? copy(note) : undefined);
  const skimGraph = (field: MessageField) =>
    rewrite(file, field, (part) => {
      const isWeights = part.number === INITIALIZER_FIELD && part.length > MOST_CONSTANT;
      return isWeights ? skimTensor(part) : copy(part);
    });
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(file, size)) {
    if (field === undefined) break;
    parts.push(field.number === GRAPH_FIELD ? skimGraph(field) : copy(field));
  }
  return parseOnnx(join(parts));
}

/** A field that holds a message, with what `each` makes of the fields in it. */
function rewrite(
  file: Deno.FsFile,
  field: MessageField,
  each: (part: MessageField) => Uint8Array | undefined,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const part of fieldsOf(file, field.start + field.length, field.start + field.head)) {
    const made = part && each(part);
    if (made !== undefined) parts.push(made);
  }
  const content = join(parts);
  return join([Uint8Array.of(field.number * 8 + 2, ...varint(content.length)), content]);
}

function readRange(file: Deno.FsFile, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(start, Deno.SeekMode.Start);
  for (let place = 0; place < length;) {
    const count = file.readSync(bytes.subarray(place));
    if (count === null) {
      throw new TypeError("Cannot read the ONNX model: the file has become shorter");
    }
    place += count;
  }
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [value % 0x80 + 0x80, ...varint(Math.floor(value / 0x80))];
}
