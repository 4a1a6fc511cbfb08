import { expect } from "expect";
import { prefetch } from "../../lib/video/prefetch.ts";

Deno.test("prefetch gives the same values, each asked for one step ahead", async () => {
  const asked: number[] = [];
  async function* source() {
    for (const value of [1, 2, 3]) {
      asked.push(value);
      yield await Promise.resolve(value);
    }
  }
  const seen: [value: number, asked: number][] = [];
  for await (const value of prefetch(source())) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    seen.push([value, asked.length]);
  }
  expect(seen).toEqual([[1, 2], [2, 3], [3, 3]]);
});

Deno.test("prefetch reports an error after the values before it", async () => {
  async function* source() {
    yield await Promise.resolve(1);
    throw new Error("Broken source");
  }
  const seen: number[] = [];
  const reading = (async () => {
    for await (const value of prefetch(source())) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(value);
    }
  })();
  await expect(reading).rejects.toThrow("Broken source");
  expect(seen).toEqual([1]);
});

Deno.test("prefetch reports nothing to a reader that has gone", async () => {
  async function* source() {
    yield await Promise.resolve(1);
    throw new Error("Broken source");
  }
  for await (const value of prefetch(source())) {
    expect(value).toBe(1);
    break;
  }
});
