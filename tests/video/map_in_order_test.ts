import { expect } from "expect";
import fc from "fast-check";
import { mapInOrder } from "../../lib/video/map_in_order.ts";

async function* valuesOf<T>(values: readonly T[], error?: Error): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
  if (error !== undefined) throw error;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("mapInOrder keeps the order and the bound, however long each value takes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 })),
      fc.integer({ min: 1, max: 5 }),
      async (delays, atOnce) => {
        let working = 0;
        let most = 0;
        const source = valuesOf(delays.map((delay, index) => ({ delay, index })));
        const mapped = mapInOrder(source, () => atOnce, async ({ delay, index }) => {
          most = Math.max(most, ++working);
          await sleep(delay);
          working -= 1;
          return index;
        });
        expect(await Array.fromAsync(mapped)).toEqual([...delays.keys()]);
        expect(most).toBeLessThanOrEqual(atOnce);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("mapInOrder works on as many values at once as it may", async () => {
  let working = 0;
  const all = Promise.withResolvers<void>();
  const mapped = mapInOrder(valuesOf([1, 2, 3]), () => 3, async (value) => {
    if (++working === 3) all.resolve();
    await all.promise;
    return value;
  });
  expect(await Array.fromAsync(mapped)).toEqual([1, 2, 3]);
});

Deno.test("mapInOrder reports an error after the values before it", async () => {
  const seen: number[] = [];
  const source = valuesOf([30, 1], new Error("Broken source"));
  const mapped = mapInOrder(source, () => 3, async (value) => {
    await sleep(value);
    return value;
  });
  const reading = (async () => {
    for await (const value of mapped) seen.push(value);
  })();
  await expect(reading).rejects.toThrow("Broken source");
  expect(seen).toEqual([30, 1]);
});

Deno.test("mapInOrder reports nothing to a reader that has gone", async () => {
  const source = valuesOf([1], new Error("Broken source"));
  for await (const value of mapInOrder(source, () => 2, (value) => Promise.resolve(value))) {
    expect(value).toBe(1);
    break;
  }
  await sleep(1);
});

Deno.test("mapInOrder leaves nothing being worked on when it is given up, or fails", async () => {
  for (const fails of [false, true]) {
    let working = 0;
    const mapped = mapInOrder(valuesOf([0, 1, 2, 3, 4]), () => 3, async (value) => {
      working++;
      await sleep(10 * value);
      working--;
      if (fails && value === 1) throw new Error("Broken value");
      return value;
    });
    const using = (async () => {
      for await (const value of mapped) if (value === 1) break;
    })();
    await (fails ? expect(using).rejects.toThrow("Broken value") : using);
    expect(working).toBe(0);
  }
});
