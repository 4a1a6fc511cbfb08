import { expect } from "expect";
import { NewestSlot } from "../../../lib/video/live/newest_slot.ts";

class Item implements Disposable {
  isDisposed = false;
  constructor(readonly value: number) {}
  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("NewestSlot delivers the newest item, once for each time that it is asked", async () => {
  const delivered: number[] = [];
  const slot = new NewestSlot<Item>((item) => {
    delivered.push(item.value);
    return Promise.resolve();
  });
  const items = [0, 1, 2, 3, 4].map((value) => new Item(value));
  for (const item of items.slice(0, 3)) slot.put(item);
  expect(delivered).toEqual([]);
  slot.ask();
  await turn();
  expect(delivered).toEqual([2]);
  expect([slot.takeReplaced(), slot.takeReplaced()]).toEqual([2, 0]);
  slot.ask();
  expect(slot.isAsked).toBe(true);
  for (const item of items.slice(3)) slot.put(item);
  await turn();
  expect(delivered).toEqual([2, 3]);
  expect(items.map(({ isDisposed }) => isDisposed)).toEqual([true, true, true, true, false]);
});

Deno.test("NewestSlot delivers nothing while it is still delivering", async () => {
  const delivered: number[] = [];
  const busy = Promise.withResolvers<void>();
  const slot = new NewestSlot<Item>((item) => {
    delivered.push(item.value);
    return busy.promise;
  });
  slot.ask();
  slot.put(new Item(0));
  slot.ask();
  for (const value of [1, 2]) slot.put(new Item(value));
  await turn();
  expect(delivered).toEqual([0]);
  busy.resolve();
  await turn();
  expect(delivered).toEqual([0, 2]);
});
