/** Files that are made to keep somebody busy. */

/** Writes an MP4 of nothing but so many empty boxes of eight bytes behind its signature. */
export async function writeBoxes(path: string, count: number): Promise<void> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const piece = new Uint8Array(8 * 100_000);
  for (let offset = 0; offset < piece.length; offset += 8) {
    piece.set(encode("\0\0\0\x08free"), offset);
  }
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  await file.write(encode("\0\0\0\x18ftypisom\0\0\0\0isommp41"));
  for (let left = count * 8; left > 0;) left -= await file.write(piece.subarray(0, left));
}
