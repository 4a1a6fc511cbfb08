import { JetStreamApiError } from "@nats-io/jetstream";
import { expect } from "expect";
import { makeOnce } from "../../lib/cluster/races.ts";

/** What JetStream answers with a code. */
function answer(err_code: number): JetStreamApiError {
  return new JetStreamApiError({ code: 400, err_code, description: "refused" });
}

Deno.test("makeOnce looks again where another machine was first, and only there", async () => {
  for (const code of [10058, 10065]) {
    let tries = 0;
    const make = () => ++tries === 1 ? Promise.reject(answer(code)) : Promise.resolve("bucket");
    expect([code, await makeOnce(make), tries]).toEqual([code, "bucket", 2]);
  }
  for (const error of [answer(10047), new Error("connection closed")]) {
    let tries = 0;
    const make = () => {
      tries += 1;
      return Promise.reject(error);
    };
    await expect(makeOnce(make)).rejects.toBe(error);
    expect(tries).toBe(1);
  }
  await expect(makeOnce(() => Promise.reject(answer(10058)))).rejects.toThrow("refused");
});
