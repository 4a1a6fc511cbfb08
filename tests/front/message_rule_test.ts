import { expect } from "expect";
import fc from "fast-check";
import type { FrameHeader } from "../../lib/front/frame_header.ts";
import { MessageMeter, messageRuleFor } from "../../lib/front/message_rule.ts";

const STREAM = "/ws/video/stream?pipeline_id=yolo_only";

function header(
  opcode: number,
  payloadLength: number,
  { isFinal = true, hasReservedBits = false } = {},
): FrameHeader {
  return { opcode, payloadLength, isFinal, hasReservedBits, headerLength: 6 };
}

/** Close codes of frames that come one after the other; `undefined` for those that pass. */
function codesOf(frames: FrameHeader[], target = STREAM, maxFrameBytes = 1000) {
  const meter = new MessageMeter(messageRuleFor(target, maxFrameBytes));
  return frames.map((each) => meter.check(each)?.code);
}

Deno.test("streams may send messages up to the frame limit, other sockets up to 64 KiB", () => {
  const maxOf = (target: string) => messageRuleFor(target, 1_000_000, "/vision").maxBytes;
  expect(maxOf("/vision/ws/video/stream?pipeline_id=a")).toBe(1_000_000);
  expect(maxOf("/visions/ws/video/stream")).toBe(65_536);
  expect(maxOf(STREAM)).toBe(1_000_000);
  expect(maxOf("/ws/video/stream")).toBe(1_000_000);
  expect(maxOf("/ws//video/stream")).toBe(1_000_000);
  for (const target of ["/ws/video/watch?session_id=1", "/ws/jobs/1", "/", "/ws/video/streams"]) {
    expect([target, maxOf(target)]).toEqual([target, 65_536]);
  }
});

Deno.test("a message of exactly the limit passes, however it is fragmented", () => {
  expect(codesOf([header(2, 1000)])).toEqual([undefined]);
  expect(codesOf([header(2, 1001)])).toEqual([1009]);
  const begin = header(2, 600, { isFinal: false });
  const go = (length: number) => header(0, length, { isFinal: false });
  expect(codesOf([begin, go(399), header(0, 1), header(2, 1000)]))
    .toEqual([undefined, undefined, undefined, undefined]);
  expect(codesOf([begin, go(400), header(0, 1)])).toEqual([undefined, undefined, 1009]);
});

Deno.test("control frames between fragments neither count nor end the message", () => {
  const frames = [
    header(2, 600, { isFinal: false }),
    header(9, 125),
    header(10, 0),
    header(0, 400, { isFinal: false }),
    header(0, 1),
  ];
  expect(codesOf(frames)).toEqual([undefined, undefined, undefined, undefined, 1009]);
});

Deno.test("frames that the protocol does not know are refused", () => {
  expect(codesOf([header(9, 126)])).toEqual([1002]);
  expect(codesOf([header(9, 1, { isFinal: false })])).toEqual([1002]);
  expect(codesOf([header(11, 0)])).toEqual([1002]);
  expect(codesOf([header(3, 0)])).toEqual([1002]);
  expect(codesOf([header(2, 1, { hasReservedBits: true })])).toEqual([1002]);
  expect(codesOf([header(0, 1)])).toEqual([1002]);
  expect(codesOf([header(2, 1, { isFinal: false }), header(2, 1)])).toEqual([undefined, 1002]);
});

Deno.test("a client is told of a large frame in the words of the protocol", () => {
  const rule = messageRuleFor(STREAM, 1048);
  expect(rule.refuseTooLarge(1049, false)).toEqual({
    code: 1009,
    reason: "frame_too_large",
    message:
      '{"error":"frame_too_large","detail":"Frame of 1049 bytes exceeds the limit of 1048 bytes"}',
  });
  expect(rule.refuseTooLarge(1049, true)).toMatchObject({ code: 1003, reason: "invalid_message" });
  expect(messageRuleFor("/ws/jobs/1", 1).refuseTooLarge(70_000, true)).toEqual({
    code: 1009,
    reason: "message_too_large",
  });
});

Deno.test("what passes is never more than the limit in one message", () => {
  const frames = fc.array(
    fc.record({
      opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
      length: fc.nat(1200),
      isFinal: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  fc.assert(fc.property(frames, (all) => {
    const meter = new MessageMeter(messageRuleFor(STREAM, 1000));
    let message = 0;
    for (const { opcode, length, isFinal } of all) {
      if (meter.check(header(opcode, length, { isFinal })) !== undefined) return;
      if (opcode > 2) continue;
      message = (opcode === 0 ? message : 0) + length;
      expect(message).toBeLessThanOrEqual(1000);
      expect(meter.isInMessage).toBe(!isFinal);
    }
  }));
});
