import { expect } from "expect";
import { TextMemories } from "../../lib/pipeline/text_memories.ts";

Deno.test("the text of a stream is kept for each set of nodes until the stream ends", () => {
  const memories = new TextMemories();
  const text = memories.of("a");
  const nothing = { lines: [], searched: undefined };
  expect(text.get(["read"])).toEqual(nothing);
  const searched = { width: 8, height: 8, squares: Float32Array.of(1), lines: [], recalls: 0 };
  text.set(["read"], { lines: [], searched });
  expect(memories.of("a").get(["read"]).searched).toBe(searched);
  expect(memories.of("a").get(["read", "again"])).toEqual(nothing);
  expect(memories.of("b").get(["read"])).toEqual(nothing);
  memories.endSession("a");
  // A frame that is still under way leaves nothing behind.
  text.set(["read"], { lines: [], searched });
  expect(memories.of("a").get(["read"])).toEqual(nothing);
});
