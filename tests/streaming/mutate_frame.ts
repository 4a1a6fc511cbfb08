/** Spoils images, reproducibly. */

/** A small random number generator (mulberry32, public domain), so that a failing run can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4_294_967_296;
  };
}

/** Gives a copy of an image with one of several kinds of damage, or bytes that have nothing to do with it. */
export function mutateFrame(
  image: Uint8Array<ArrayBuffer>,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const below = (limit: number) => Math.floor(random() * limit);
  const frame = image.slice();
  switch (below(6)) {
    case 0:
      for (let count = 1 + below(20); count > 0; count -= 1) {
        frame[below(frame.length)] = below(256);
      }
      return frame;
    case 1:
      // The headers are where a parser can be led astray.
      for (let count = 1 + below(8); count > 0; count -= 1) {
        frame[2 + below(Math.min(700, frame.length - 4))] = below(256);
      }
      return frame;
    case 2: {
      // Cut off, and closed again so that it passes the marker checks.
      const cut = frame.slice(0, 4 + below(frame.length - 4));
      cut.set([0xff, 0xd9], cut.length - 2);
      return cut;
    }
    case 3:
      return frame.slice(0, below(frame.length));
    case 4: {
      // A part of the image is copied over another.
      const from = below(frame.length);
      frame.copyWithin(below(frame.length), from, from + below(500));
      return frame;
    }
    default:
      return Uint8Array.from({ length: below(300) }, () => below(256));
  }
}
