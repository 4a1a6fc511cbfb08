import { expect } from "expect";
import { Audience } from "../../lib/streaming/audience.ts";

class FakeViewer {
  bufferedAmount = 0;
  readonly received: unknown[] = [];
  closedWith: { code: number; reason: string } | undefined;

  send(data: unknown): void {
    this.received.push(data);
  }

  close(code: number, reason: string): void {
    this.closedWith = { code, reason };
  }
}

const FRAME = new Uint8Array([1, 2, 3]);

Deno.test("Audience sends answers to all and frames to those who asked", () => {
  const audience = new Audience();
  const [plain, wanting] = [new FakeViewer(), new FakeViewer()];
  audience.add(plain, false);
  expect(audience.wantsFrames).toBe(false);
  audience.add(wanting, true);
  expect(audience.wantsFrames).toBe(true);
  audience.send("answer", FRAME);
  expect(plain.received).toEqual(["answer"]);
  expect(wanting.received).toEqual(["answer", FRAME]);
});

Deno.test("Audience keeps frames from a viewer that is behind, and lets one go that does not read", () => {
  const audience = new Audience();
  const [behind, stuck] = [new FakeViewer(), new FakeViewer()];
  behind.bufferedAmount = 1000;
  stuck.bufferedAmount = 1_048_577;
  audience.add(behind, true);
  audience.add(stuck, true);
  audience.send("answer", FRAME);
  expect(behind.received).toEqual(["answer"]);
  expect(stuck.received).toEqual([]);
  expect(stuck.closedWith).toEqual({ code: 1008, reason: "slow_reader" });
});

Deno.test("Audience tells everyone when the stream has ended", () => {
  const audience = new Audience();
  const viewer = new FakeViewer();
  audience.add(viewer, true);
  audience.close();
  expect(viewer.closedWith).toEqual({ code: 1000, reason: "stream_ended" });
  expect(audience.wantsFrames).toBe(false);
});
