/** Images of dog.jpg as cameras and phones write them, 768×576 when upright: with something behind the image, or turned. */

import { readFixture } from "./read_fixture.ts";

/** One of these images. */
export interface HardImage {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Its EXIF orientation. */
  orientation: number;
}

/** A trailer as Samsung's phones write it: blocks, a directory (`SEFH`), the length of that, and `SEFT`. */
const SAMSUNG_TRAILER = [
  ...[0, 0, 1, 0x0a, 0x0e, 0, 0, 0],
  ...new TextEncoder().encode("Image_UTC_Data1600000000000SEFH"),
  ...[106, 0, 0, 0, 1, 0, 0, 0, ...new Uint8Array(24), 24, 0, 0, 0],
  ...new TextEncoder().encode("SEFT"),
];

/** All of these images. */
export async function hardImages(): Promise<HardImage[]> {
  const dog = await readFixture("dog.jpg");
  const followed = (name: string, trailer: Iterable<number>) => ({
    name,
    bytes: Uint8Array.from([...dog, ...trailer]),
    orientation: 1,
  });
  return [
    followed("zeros behind it, as an ESP32-CAM sends it", new Uint8Array(512)),
    followed("0xff behind it", new Uint8Array(16).fill(0xff)),
    followed("a maker's trailer", SAMSUNG_TRAILER),
    followed("a second JPEG behind it", await readFixture("person.jpg")),
    {
      name: "a motion photo's film behind it",
      bytes: await readFixture("pictures/motion.jpg"),
      orientation: 1,
    },
    {
      name: "turned by a quarter",
      bytes: await readFixture("pictures/exif6.jpg"),
      orientation: 6,
    },
  ];
}
