import { expect } from "expect";
import type * as v from "valibot";
import type * as packaged from "../../client/messages.ts";
import { parseServerMessage } from "../../client/parse_server_message.ts";
import type { StreamErrorCode } from "../../client/failure.ts";
import type { LiveEvent } from "../../lib/protocol/event.ts";
import type { JobView } from "../../lib/protocol/job.ts";
import type { PipelineList } from "../../lib/protocol/pipeline_list.ts";
import type { RuleSchema } from "../../lib/protocol/rule.ts";
import { CLOSE_CODES, type ServerMessage } from "../../lib/protocol/stream.ts";
import type { SessionList } from "../../lib/protocol/session.ts";
import type { VideoEvents } from "../../lib/protocol/video_events.ts";
import type { ResultsPage } from "../../lib/protocol/video_results.ts";
import { failureCode } from "../../client/failure.ts";
import { exampleResult } from "../client/example_result.ts";

/** Compiles only where each of two types can stand in for the other. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;

/** Compiles only where one type can stand in for another. */
type Fits<One, Other> = [One] extends [Other] ? true : false;

// The types are checked when tests are; nothing of this is left when they run.
const SAME: [
  Same<ServerMessage, packaged.ServerMessage>,
  Same<PipelineList, packaged.PipelineList>,
  Same<SessionList, packaged.SessionList>,
  Same<JobView, packaged.JobView>,
  Same<ResultsPage, packaged.ResultsPage>,
  Same<LiveEvent, packaged.LiveEvent>,
  Same<VideoEvents, packaged.VideoEvents>,
  Fits<packaged.Rule, v.InferInput<typeof RuleSchema>>,
  Same<ServerMessage, packaged.JobView>,
] = [true, true, true, true, true, true, true, true, false];

Deno.test("the package's types of messages are those of the server", () => {
  expect(SAME.at(-1)).toBe(false);
});

Deno.test("the package reads each message of the protocol, and nothing else", () => {
  const messages = [
    { frame_index: 1, result: exampleResult() },
    { frame_index: 2, dropped: true },
    { warning: "slow_down" },
    { session_id: "00000000-0000-8000-8000-000000000000" },
    { error: "invalid_frame", detail: "Frame is empty" },
  ];
  for (const message of messages) {
    expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
  }
  const others = ["", "<html>", "null", "[]", "1", '{"frame_index":1}', '{"result":{}}'];
  for (const other of [...others, '{"warning":"speed_up"}', '{"frame_index":1,"result":null}']) {
    expect([other, parseServerMessage(other)]).toEqual([other, null]);
  }
});

Deno.test("every error code of the server is told from the reason of its close", () => {
  for (const [reason, code] of Object.entries(CLOSE_CODES)) {
    expect(failureCode({ code, reason, opened: true })).toBe(reason as StreamErrorCode);
  }
  expect(failureCode({ code: 1001, reason: "", opened: true })).toBe("server_stopping");
  expect(failureCode({ code: 1006, reason: "toString", opened: true })).toBe("connection_lost");
  expect(failureCode({ code: 1006, reason: "", opened: false })).toBe("unreachable");
});
