import type { TextModelName, TextPrecision } from "../lib/config.ts";
import { decodePixels } from "../lib/image/image_decoder.ts";
import { loadTextModel } from "../lib/models/load_text_model.ts";
import { TextReader } from "../lib/ocr/text_reader.ts";
import { MAX_PIXELS } from "./detect_in_files.ts";
import { countImages } from "./image_progress.ts";

/** Most images that are looked at: enough to see whether something is wrong. */
const MOST_IMAGES = 32;

/** What was read with one precision. */
interface Readings {
  /** The lines of each image. */
  texts: string[][];
  /** Milliseconds that reading all of them took. */
  elapsed: number;
}

/**
 * Tells how far a text model with 8-bit integers reads the same as in float32, and how much faster it is on this machine.
 *
 * @param folder Folder of the model's files and calibrations
 * @param images Paths of images
 */
export async function compareReadings(
  folder: string,
  name: TextModelName,
  images: readonly string[],
): Promise<string> {
  const some = images.slice(0, MOST_IMAGES);
  const before = await readAll(folder, name, "fp32", some);
  const after = await readAll(folder, name, "auto", some);
  let [lines, same] = [0, 0];
  before.texts.forEach((texts, index) => {
    const others = after.texts[index] ?? [];
    lines += texts.length;
    same += texts.filter((text) => others.includes(text)).length;
  });
  const [slow, fast] = [before, after].map(({ elapsed }) => elapsed / some.length);
  return `Of ${lines} lines that it reads with float32 in ${countImages(some.length)}, ` +
    `8 bits read ${same} the same\n` +
    `${fast?.toFixed(1)} ms an image instead of ${slow?.toFixed(1)} ms: ` +
    `${(before.elapsed / after.elapsed).toFixed(2)} times as fast\n`;
}

async function readAll(
  folder: string,
  name: TextModelName,
  precision: TextPrecision,
  images: readonly string[],
): Promise<Readings> {
  const models = await loadTextModel(folder, name, precision);
  // One thread, so that other work on the machine decides less.
  const reader = await TextReader.create({ ...models, threads: 1 });
  const readings: Readings = { texts: [], elapsed: 0 };
  for (const path of images) {
    const bytes = await Deno.readFile(path);
    const image = await decodePixels(bytes, { maxPixels: MAX_PIXELS, upright: true });
    const { lines, timings } = await reader.read(image);
    readings.texts.push(lines.map(({ text }) => text));
    readings.elapsed += timings.find + timings.recognize;
  }
  await reader.release();
  return readings;
}
