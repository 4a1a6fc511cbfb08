import { expect } from "expect";
import { createLiveSignals, type LiveSignals } from "../../../lib/client/live/live_signals.ts";
import { WatchSession } from "../../../lib/client/watch/watch_session.ts";
import { exampleResult } from "../example_result.ts";
import { FakeSocket } from "../fake_socket.ts";
import { startVirtualTime } from "../../virtual_time.ts";

/** A page without a DOM: the test decodes the frames and plays the server. */
class TestPage {
  readonly clock = startVirtualTime();
  readonly signals: LiveSignals = createLiveSignals();
  readonly session: WatchSession;
  /** Decodes at once unless the test says otherwise. */
  decode: () => Promise<ImageBitmap> = () => Promise.resolve(bitmap());

  constructor() {
    FakeSocket.reset();
    this.session = new WatchSession(this.signals, {
      watchUrl: (id) => `ws://server/${id}`,
      WebSocket: FakeSocket.asWebSocket,
      now: () => this.clock.now,
      decode: () => this.decode(),
    });
    const canvas = { getContext: () => null, width: 0, height: 0 };
    this.session.start("a", canvas as unknown as HTMLCanvasElement);
  }

  /** The server passes a result on, and its frame unless this viewer is behind. */
  async pass(frameIndex: number, { withFrame = true } = {}): Promise<void> {
    FakeSocket.last.say({ frame_index: frameIndex, result: exampleResult() });
    if (withFrame) FakeSocket.last.onmessage?.({ data: new Blob() });
    await this.clock.tickAsync(10);
  }

  [Symbol.dispose](): void {
    this.session.stop();
    this.clock.uninstall();
  }
}

function bitmap(): ImageBitmap {
  return { width: 640, height: 480, close() {} };
}

Deno.test("WatchSession runs from the first frame on", async () => {
  using page = new TestPage();
  expect(FakeSocket.last.url).toBe("ws://server/a");
  expect(page.signals.stage.value.phase).toBe("starting");
  FakeSocket.last.open();
  await page.pass(7);
  expect(page.signals.stage.value.phase).toBe("running");
  expect(page.signals.lastResult.value?.frame_index).toBe(7);
  expect(page.signals.lastAnswered.value?.message.frame_index).toBe(7);
});

Deno.test("WatchSession shows no result without its frame", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  await page.pass(7);
  await page.pass(8, { withFrame: false });
  expect(page.signals.lastResult.value?.frame_index).toBe(7);
});

Deno.test("WatchSession skips frames while it decodes one", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  const { promise, resolve } = Promise.withResolvers<ImageBitmap>();
  page.decode = () => promise;
  await page.pass(1);
  await page.pass(2);
  resolve(bitmap());
  await page.clock.tickAsync(1);
  expect(page.signals.lastResult.value?.frame_index).toBe(1);
  page.decode = () => Promise.resolve(bitmap());
  await page.pass(3);
  expect(page.signals.lastResult.value?.frame_index).toBe(3);
});

Deno.test("WatchSession goes on after a frame that the browser cannot decode", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  page.decode = () => Promise.reject(new DOMException("", "InvalidStateError"));
  await page.pass(1);
  page.decode = () => Promise.resolve(bitmap());
  await page.pass(2);
  expect(page.signals.lastResult.value?.frame_index).toBe(2);
});

Deno.test("WatchSession says that the stream has ended, and does not connect again", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  await page.pass(1);
  FakeSocket.last.end(1000, "stream_ended");
  await page.clock.tickAsync(60_000);
  expect(page.signals.stage.value).toMatchObject({
    phase: "failed",
    why: { title: "The stream has ended" },
  });
  expect(page.signals.lastResult.value).toBeNull();
  expect(FakeSocket.opened).toHaveLength(1);
});

Deno.test("WatchSession connects again by itself when the connection is lost", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  await page.pass(1);
  FakeSocket.last.end(1006);
  expect(page.signals.lastError.value?.code).toBe("connection_lost");
  await page.clock.tickAsync(2000);
  FakeSocket.last.open();
  await page.pass(1);
  expect(FakeSocket.opened).toHaveLength(2);
  expect(page.signals.lastError.value).toBeNull();
});

Deno.test("WatchSession leaves no timer behind", async () => {
  using page = new TestPage();
  FakeSocket.last.open();
  await page.pass(1);
  page.session.stop();
  expect(page.signals.stage.value).toEqual({ phase: "stopped" });
  expect(page.clock.countTimers()).toBe(0);
});
