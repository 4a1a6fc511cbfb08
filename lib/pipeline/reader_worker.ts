/**
 * A Web Worker that reads the text in pictures, one at a time, whenever nothing more urgent is to be done.
 *
 * @module
 */

import { describeImageError } from "./describe_image_error.ts";
import { setPriority } from "node:os";
import type { TextBlock } from "../protocol/stream_messages.ts";
import { decodePixels } from "../image/image_decoder.ts";
import { isReadable } from "../ocr/decode_ctc.ts";
import { orderLines } from "../ocr/order_lines.ts";
import { TextReader, toTextBlock } from "../ocr/text_reader.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { TextMemory } from "../ocr/text_memory.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import type { ReaderSetup, ReadOutcome, ReadTask } from "./worker_tasks.ts";

/**
 * A priority at which the scheduler gives a thread a tenth of a core that others want too.
 *
 * Less would hold detection up less, but then other programs could keep reading from getting anything done in time.
 */
const LOW_PRIORITY = 10;
/** How long a stream's lines are remembered after its last picture. */
const MEMORY_MS = 60_000;

/** What is known of the lines of each stream, and when it was last asked for. */
const memories = new Map<string, { memory: TextMemory; usedAt: number }>();

/** Lets detection go first: reading takes what it leaves of the cores. */
function yieldToOthers(): void {
  // On Linux a priority is that of a thread, and the threads that it starts inherit it; elsewhere it would be that of
  // the whole process.
  if (Deno.build.os === "linux") setPriority(0, LOW_PRIORITY);
}

function memoryFor(sessionId: string): TextMemory {
  const now = performance.now();
  for (const [id, { usedAt }] of memories) {
    if (now - usedAt > MEMORY_MS) memories.delete(id);
  }
  const memory = memories.get(sessionId)?.memory ?? new TextMemory();
  memories.set(sessionId, { memory, usedAt: now });
  return memory;
}

async function readPicture(reader: TextReader, image: PixelImage): Promise<TextBlock[]> {
  const { lines } = await reader.read(image);
  return lines.map((line) => toTextBlock(line, image));
}

/** Reads only the lines that have changed since the last picture of the stream. */
async function readStream(
  reader: TextReader,
  image: PixelImage,
  memory: TextMemory,
): Promise<TextBlock[]> {
  const found = (await reader.findLines(image)).map(({ polygon }) => polygon);
  const unread = memory.look(image, found);
  const lines = memory.settle(image, await reader.recognize(image, unread, memory.readings));
  return orderLines(lines.filter(isReadable)).map((line) => ({
    ...toTextBlock(line, image),
    stable: line.stable,
  }));
}

runWorkerLoop<ReaderSetup, ReadTask, ReadOutcome>(async (setup) => {
  yieldToOthers();
  const reader = await TextReader.create({
    detectorModel: await Deno.readFile(setup.detectorModel),
    recognizerModel: await Deno.readFile(setup.recognizerModel),
    dictionary: await Deno.readTextFile(setup.dictionary),
    threads: setup.threads,
  });
  return {
    async run({ picture, sessionId }) {
      const startedAt = performance.now();
      const image = await decodePixels(picture, setup);
      const decodedAt = performance.now();
      const textBlocks = sessionId === undefined
        ? await readPicture(reader, image)
        : await readStream(reader, image, memoryFor(sessionId));
      return {
        image: { width: image.width, height: image.height },
        textBlocks,
        stages: { decode: decodedAt - startedAt, ocr: performance.now() - decodedAt },
      };
    },
    release: () => reader.release(),
  };
}, describeImageError);
