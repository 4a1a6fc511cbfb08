import { expect } from "expect";
import { ResultLog } from "../../../lib/client/live/result_log.ts";
import { exampleResult } from "../example_result.ts";

const result = exampleResult();

Deno.test("ResultLog saves results as JSON lines, with times from the first on", async () => {
  const log = new ResultLog();
  log.add({ frame_index: 3, result }, 5000);
  log.add({ frame_index: 4, result }, 5066.7);
  const lines = (await log.toFile("jsonl").text()).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { frame_index: 3, timestamp_ms: 0, result },
    { frame_index: 4, timestamp_ms: 67, result },
  ]);
});

Deno.test("ResultLog saves results as CSV, with a row for each thing found", async () => {
  const log = new ResultLog();
  log.add({ frame_index: 3, result }, 5000);
  const rows = (await log.toFile("csv").text()).split("\r\n");
  expect(rows[0]).toMatch(/^frame_index,timestamp_ms,kind,label,text,confidence,x,y,width,height,/);
  expect(rows[1]).toBe("3,0,object,dog,,0.934,109,182,148,268,,,,");
  expect(rows).toHaveLength(1 + 3 + 1 + 1);
  expect(rows[4]).toMatch(/^3,0,text,,Gate 12,0\.98,/);
});

Deno.test("ResultLog keeps the last 10,000 results, and 50 million characters", async () => {
  const log = new ResultLog();
  const empty = { ...result, detections: [], text_blocks: [] };
  for (let index = 1; index <= 10_002; index++) log.add({ frame_index: index, result: empty }, 0);
  expect(log.size).toBe(10_000);
  expect(await log.toFile("jsonl").slice(0, 16).text()).toBe(`{"frame_index":3`);
  const long = { ...empty, text: "x".repeat(20_000_000) };
  for (let index = 1; index <= 3; index++) log.add({ frame_index: index, result: long }, 0);
  expect(log.size).toBe(2);
  log.clear();
  expect([log.size, await log.toFile("jsonl").text()]).toEqual([0, ""]);
});
