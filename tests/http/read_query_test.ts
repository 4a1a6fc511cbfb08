import { expect } from "expect";
import fc from "fast-check";
import { ApiError } from "../../lib/http/api.ts";
import { readQuery } from "../../lib/http/read_query.ts";

function refusal(query: string, name: Parameters<typeof readQuery>[1]): string {
  try {
    readQuery(new URLSearchParams(query), name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return error.message;
    throw error;
  }
  throw new Error(`Cannot see why ${query} was taken`);
}

Deno.test("readQuery fills in defaults and ignores parameters of others", () => {
  expect(readQuery(new URLSearchParams("token=x"), "ResultsQuery"))
    .toEqual({ format: "json", offset: 0, limit: 100 });
  expect(readQuery(new URLSearchParams(), "JobsQuery")).toEqual({});
});

Deno.test("readQuery gives numbers as numbers, and texts of digits as texts", () => {
  expect(readQuery(new URLSearchParams("pipeline_id=12&frame_stride=5"), "SubmitQuery"))
    .toEqual({ pipeline_id: "12", frame_stride: 5, max_frames: 0 });
  expect(readQuery(new URLSearchParams("offset=9007199254740991"), "ResultsQuery").offset)
    .toBe(Number.MAX_SAFE_INTEGER);
});

Deno.test("readQuery says what a parameter may be", () => {
  const limit = "Query parameter limit must be a whole number between 1 and 1000";
  for (const text of ["0", "1001", "-1", "1.5", "1e2", " 1", "", "x", "9".repeat(30)]) {
    expect([text, refusal(new URLSearchParams({ limit: text }).toString(), "ResultsQuery")])
      .toEqual([text, limit]);
  }
  expect(refusal("offset=9007199254740992", "ResultsQuery")).toContain("Query parameter offset");
  expect(refusal("format=xml", "ResultsQuery"))
    .toBe("Query parameter format must be one of json, jsonl, csv");
  expect(refusal("status=toString", "JobsQuery")).toBe(
    "Query parameter status must be one of pending, processing, completed, failed, cancelled",
  );
  expect(refusal("", "StreamQuery")).toBe("Query parameter pipeline_id is required");
});

Deno.test("readQuery takes a whole number in range, and nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.nat().map(String)), (text) => {
      const isTaken = /^\d{1,16}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000;
      const query = new URLSearchParams({ limit: text });
      if (isTaken) expect(readQuery(query, "ResultsQuery").limit).toBe(Number(text));
      else expect(refusal(query.toString(), "ResultsQuery")).toContain("whole number");
    }),
  );
});
