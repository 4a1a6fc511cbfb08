/** Options of {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** Permissions of the file, such as 0o600; those of any new file by default. Windows knows none. */
  mode?: number;
}

/**
 * Writes a file, or puts another in its place, so that a reader finds the old file or the whole new one, and none that is half
 * written, even if this process is killed meanwhile.
 *
 * A process that is killed leaves a file beside it whose name ends in `.part`.
 *
 * @param path Within a folder that is there
 * @param content Text, or bytes in parts that are written one after the other
 * @throws What the system says, if the file cannot be written; then it is as it was
 */
export async function replaceFile(
  path: string,
  content: string | readonly Uint8Array[],
  { mode }: ReplaceFileOptions = {},
): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}.part`;
  try {
    const parts = typeof content === "string" ? [new TextEncoder().encode(content)] : content;
    const options = { createNew: true, ...(mode !== undefined && { mode }) };
    await Deno.writeFile(aside, ReadableStream.from(parts), options);
    await Deno.rename(aside, path);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    throw error;
  }
}
