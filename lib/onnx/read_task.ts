import { fieldsOf } from "./check_onnx_file.ts";
import { parseMetadata } from "./onnx_schema.ts";

/** `ModelProto.metadata_props` in `onnx.proto`. */
const METADATA_FIELD = 14;

/** Most bytes of a note that is read; names of classes may be long, the task is not. */
const MOST_BYTES = 1000;

/**
 * What a model is for, such as `detect` or `classify`, as the JSON file beside it says, or else its metadata. The graph is not read,
 * so that this takes no time worth mentioning.
 *
 * @returns `undefined` where neither says it, or the file is not there or no model
 */
export function readTask(path: string): string | undefined {
  try {
    return notedTask(path) ?? taskInMetadata(path);
  } catch {
    return undefined;
  }
}

function notedTask(path: string): string | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`${path}.json`);
  } catch {
    return undefined;
  }
  const notes: unknown = JSON.parse(text);
  const task = notes instanceof Object && "task" in notes ? notes.task : undefined;
  return typeof task === "string" ? task : undefined;
}

function taskInMetadata(path: string): string | undefined {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  for (const field of fieldsOf(file, size)) {
    if (field?.number !== METADATA_FIELD || field.length > MOST_BYTES) continue;
    const bytes = new Uint8Array(field.length);
    file.seekSync(field.start, Deno.SeekMode.Start);
    file.readSync(bytes);
    const task = parseMetadata(bytes).find(({ key }) => key === "task")?.value;
    if (task) return task;
  }
  return undefined;
}
