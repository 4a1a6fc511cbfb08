/** Reads one of the test images in `tests/fixtures/`. */
export function readFixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`./fixtures/${name}`, import.meta.url));
}
