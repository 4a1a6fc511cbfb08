import { expect } from "expect";
import { describeRetry, explainStreamFailure } from "../../lib/client/errors.ts";
import { CLOSE_CODES, type StreamErrorCode } from "../../lib/protocol/stream.ts";
import type { StreamFailure, StreamFailureCode } from "../../client/failure.ts";

const CODES: StreamFailureCode[] = [
  ...Object.keys(CLOSE_CODES) as StreamErrorCode[],
  "unreachable",
  "unauthorized",
  "no_frames",
  "connection_lost",
  "server_stopping",
  "no_answer",
  "replaced",
  "session_not_found",
  "stream_ended",
];

function failure(changes: Partial<StreamFailure>): StreamFailure {
  return {
    code: "connection_lost",
    detail: "",
    close_code: 1006,
    attempt: null,
    retry_in_ms: 0,
    ...changes,
  };
}

for (const code of CODES) {
  Deno.test(`explainStreamFailure says what ${code} means and what to do`, () => {
    const { title, remedy } = explainStreamFailure({ code });
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
    // The person is no reader of our protocol.
    expect(`${title} ${remedy}`).not.toMatch(/_|\b1\d{3}\b|WebSocket/);
  });
}

Deno.test("describeRetry counts down to the next attempt", () => {
  const waiting = failure({ attempt: 2, retry_in_ms: 2000 });
  expect(describeRetry(waiting, 2)).toEqual({
    button: "Retry now",
    progress: "Trying again in 2 s",
  });
  expect(describeRetry(waiting, 0).progress).toBe("Trying again now");
});

Deno.test("describeRetry leaves it to the person when nothing happens by itself", () => {
  expect(describeRetry(failure({ code: "session_timeout" }), 0)).toEqual({
    button: "Reconnect",
    progress: "",
  });
  expect(describeRetry(failure({ code: "invalid_frame" }), 0).button).toBe("Retry");
});
