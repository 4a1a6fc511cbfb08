/** A video that is as large as a test wants it. */

const DOG = new URL("../fixtures/dog.mp4", import.meta.url);

/**
 * The beginning of a video of dog.jpg, ten frames long, that so many zeros follow, in a box that nobody reads (ISO/IEC 14496-12,
 * 8.1.2).
 *
 * @param zeros At most 4 GB
 */
export async function videoBefore(zeros: number): Promise<Uint8Array<ArrayBuffer>> {
  const dog = await Deno.readFile(DOG);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, head.length + zeros);
  head.set(new TextEncoder().encode("free"), 4);
  return Uint8Array.from([...dog, ...head]);
}
