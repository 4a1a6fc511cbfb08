import { expect } from "expect";
import fc from "fast-check";
import { ApiError } from "../../lib/http/api.ts";
import { readClearQuery } from "../../lib/http/clear_query.ts";

const HOUR_MS = 3_600_000;

function refusal(query: string): string {
  try {
    return `took ${JSON.stringify(readClearQuery(new URLSearchParams(query)))}`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect([error.status, error.code]).toEqual([400, "bad_request"]);
    return error.message;
  }
}

Deno.test("readClearQuery takes a status, an age, or both", () => {
  const read = (query: string) => readClearQuery(new URLSearchParams(query));
  expect(read("status=failed")).toEqual({ status: "failed" });
  expect(read("status=all&token=secret")).toEqual({});
  expect(read("older_than_h=24")).toEqual({ olderThanMs: 24 * HOUR_MS });
  expect(read("status=all&older_than_h=0")).toEqual({ olderThanMs: 0 });
  expect(read("older_than_h=0.5&status=completed"))
    .toEqual({ status: "completed", olderThanMs: HOUR_MS / 2 });
});

Deno.test("readClearQuery refuses whatever does not say clearly which jobs are meant", () => {
  const which = "Say which jobs are to be removed: status (completed, failed, cancelled, all), " +
    "older_than_h, or both";
  const status = "Query parameter status must be one of completed, failed, cancelled, all";
  const age = "Query parameter older_than_h must be a number between 0 and 1000000";
  for (
    const [query, detail] of [
      ["", which],
      ["token=secret", which],
      ["status=", status],
      ["status=FAILED", status],
      ["status=processing", `${status}; cancel other jobs first`],
      ["status=pending&older_than_h=1", `${status}; cancel other jobs first`],
      ["status=all&older_than_h=", age],
      ["older_than_h=-1", age],
      ["older_than_h=1000001", age],
      ["older_than_h=1e3", age],
      ["older_than_h=24h", age],
      ["status=all&older_than=24", 'Unknown query parameter "older_than"'],
      ["older_than_h=24&stauts=failed", 'Unknown query parameter "stauts"'],
      ["status=failed&status=completed", "Query parameter status is there twice"],
    ]
  ) {
    expect([query, refusal(query ?? "")]).toEqual([query, detail]);
  }
});

Deno.test("readClearQuery reads exactly the ages that are written as plain numbers", () => {
  fc.assert(fc.property(
    fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)),
    (text) => {
      const query = new URLSearchParams({ older_than_h: text });
      const isAge = /^[0-9.]+$/.test(text) && Number(text) <= 1_000_000 && !/^\.|\.$/.test(text) &&
        text.split(".").every((digits) => digits.length <= 15);
      if (isAge) expect(readClearQuery(query)).toEqual({ olderThanMs: Number(text) * HOUR_MS });
      else expect(refusal(String(query))).toContain("older_than_h must be");
    },
  ));
});

Deno.test("no query without a known status or an age is taken", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("status", "older_than_h", "all", "token"));
  fc.assert(fc.property(fc.array(fc.tuple(word, word), { maxLength: 4 }), (pairs) => {
    const query = new URLSearchParams(pairs);
    const says = pairs.some(([name, value]) =>
      (name === "status" && value === "all") || (name === "older_than_h" && /^\d/.test(value))
    );
    if (!says) expect(refusal(String(query))).not.toMatch(/^took/);
  }));
});
