import { expect } from "expect";
import fc from "fast-check";
import { parseServerMessage } from "../../lib/client/parse_server_message.ts";
import { exampleResult } from "./example_result.ts";

Deno.test("parseServerMessage reads each message of the protocol", () => {
  const messages = [
    { frame_index: 1, result: exampleResult() },
    { frame_index: 2, dropped: true },
    { warning: "slow_down" },
    { error: "invalid_frame", detail: "Frame is empty" },
  ];
  for (const message of messages) {
    expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
  }
});

Deno.test("parseServerMessage ignores what it does not know", () => {
  const unknown = [
    "",
    "<html>",
    "null",
    "[]",
    '"slow_down"',
    '{"frame_index":1}',
    '{"frame_index":1.5,"dropped":true}',
    '{"frame_index":1,"dropped":false}',
    '{"frame_index":1,"result":{"detections":[]}}',
    '{"warning":"speed_up"}',
    '{"error":"toString","detail":"x"}',
    '{"error":"invalid_frame"}',
    '{"frame_index":0,"dropped":true}',
    JSON.stringify({ frame_index: 1, result: { ...exampleResult(), text_frame_index: "1" } }),
    JSON.stringify({ frame_index: 1, result: { ...exampleResult(), detections: [{}] } }),
  ];
  for (const text of unknown) expect(parseServerMessage(text)).toBeNull();
});

Deno.test("parseServerMessage keeps what a newer server says as well", () => {
  const message = { frame_index: 1, result: { ...exampleResult(), mood: "sunny" }, of_tomorrow: 1 };
  expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
});

Deno.test("parseServerMessage never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    parseServerMessage(text);
  }));
});
