import { expect } from "expect";
import { SharedAnswer } from "../../lib/http/shared_answer.ts";
import { withVirtualTime } from "../virtual_time.ts";

Deno.test("an answer is shared by all who ask at once, and kept for so long from when it came", () =>
  withVirtualTime(async (clock) => {
    let asked = 0;
    const answer = new SharedAnswer(async () => {
      const number = ++asked;
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      return number;
    }, 5000);
    const first = [answer.get(), answer.get()];
    await clock.tickAsync(9000);
    first.push(answer.get());
    await clock.tickAsync(1000);
    expect(await Promise.all(first)).toEqual([1, 1, 1]);
    await clock.tickAsync(4999);
    expect(await answer.get()).toBe(1);
    await clock.tickAsync(1);
    const second = answer.get();
    await clock.tickAsync(10_000);
    expect([await second, asked]).toEqual([2, 2]);
  }));

Deno.test("a question that fails is asked again at once", async () => {
  let asked = 0;
  const answer = new SharedAnswer(
    () => ++asked === 1 ? Promise.reject(new Error("no answer")) : Promise.resolve(asked),
    5000,
  );
  const both = await Promise.allSettled([answer.get(), answer.get()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await answer.get()).toBe(2);
});
