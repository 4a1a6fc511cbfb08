import type { PipelineSummary } from "../../../lib/protocol/pipeline_list.ts";
import { expect } from "expect";
import { CameraError } from "../../../lib/client/live/camera.ts";
import type { Explanation } from "../../../lib/client/explanation.ts";
import type { CaptureElement } from "../../../lib/client/live/frame_capture.ts";
import { LiveSession } from "../../../lib/client/live/live_session.ts";
import { createLiveSignals, type LiveSignals } from "../../../lib/client/live/live_signals.ts";
import type { LiveSource } from "../../../lib/client/live/live_source.ts";
import { exampleResult } from "../example_result.ts";
import { FakeSocket } from "../fake_socket.ts";
import { startVirtualTime } from "../../virtual_time.ts";

const FRAME = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);

/** A page without a DOM: the test gives the frames, the clock and the server's part. */
class TestPage {
  readonly clock = startVirtualTime();
  readonly signals: LiveSignals = createLiveSignals();
  readonly session: LiveSession;
  encode: () => Promise<Uint8Array<ArrayBuffer> | null> = () => Promise.resolve(FRAME);
  pipelines: PipelineSummary[] = [{ id: "yolo_only", name: "Objects", description: "" }];
  isRefused = false;
  #onFrame: ((now: number) => void) | null = null;

  constructor() {
    FakeSocket.reset();
    this.session = new LiveSession(this.signals, {
      streamUrl: (id) => `ws://server/${id}`,
      WebSocket: FakeSocket.asWebSocket,
      now: () => this.clock.now,
      random: () => 0.5,
      encode: () => this.encode(),
      fetchPipelines: () => Promise.resolve(this.pipelines),
      isRefused: () => Promise.resolve(this.isRefused),
      everyFrame: (_element, callback) => {
        this.#onFrame = callback;
        return () => this.#onFrame = null;
      },
    });
  }

  get hasFrames(): boolean {
    return this.#onFrame !== null;
  }

  /** Shows `count` frames at 60 FPS; with `answers`, the server answers each frame that it gets. */
  async show(count: number, { answers = true } = {}): Promise<void> {
    for (let frame = 0; frame < count; frame++) {
      await this.clock.tickAsync(1000 / 60);
      const before = FakeSocket.last.sent.length;
      this.#onFrame?.(this.clock.now);
      await this.clock.tickAsync(0);
      const { sent } = FakeSocket.last;
      if (answers && sent.length > before) {
        FakeSocket.last.say({ frame_index: sent.length, result: exampleResult() });
      }
    }
  }

  [Symbol.dispose](): void {
    this.session.stop();
    this.clock.uninstall();
  }
}

class TestSource implements LiveSource {
  kind = "camera" as const;
  name = "Test camera";
  element = {} as CaptureElement;
  cameraId = "a";
  isMirrored = false;
  onended: ((why: Explanation) => void) | null = null;
  closed = false;
  resumed = 0;
  resume(): void {
    this.resumed += 1;
  }
  close(): void {
    this.closed = true;
  }
}

Deno.test("LiveSession connects once a source runs and a pipeline is chosen", () => {
  using page = new TestPage();
  page.session.start(new TestSource());
  expect(FakeSocket.opened).toHaveLength(0);
  page.signals.pipelineId.value = "yolo_only";
  expect(FakeSocket.last.url).toBe("ws://server/yolo_only");
});

Deno.test("LiveSession sends what the throttle lets through and publishes figures", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(120);
  expect(FakeSocket.last.sent.length).toBeGreaterThanOrEqual(25);
  expect(FakeSocket.last.sent.length).toBeLessThanOrEqual(35);
  expect(page.signals.statistics.value?.answered_fps).toBeCloseTo(15, -1);
});

Deno.test("LiveSession stops capturing while frames are unanswered", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(60, { answers: false });
  expect(FakeSocket.last.sent).toHaveLength(1);
  expect(page.signals.statistics.value?.sent_fps).toBe(1);
});

Deno.test("LiveSession encodes one frame at a time", async () => {
  using page = new TestPage();
  let encodings = 0;
  page.encode = () => {
    encodings += 1;
    return new Promise(() => {});
  };
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(60);
  expect(encodings).toBe(1);
});

Deno.test("LiveSession slows down when the server says so", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(10);
  FakeSocket.last.say({ warning: "slow_down" });
  await page.show(60);
  expect(page.signals.statistics.value?.target_fps).toBe(5);
});

Deno.test("LiveSession reconnects with the new pipeline", () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  const first = FakeSocket.last;
  page.signals.pipelineId.value = "yolo_ocr";
  expect(first.closedWith).toBe(1000);
  expect(FakeSocket.last.url).toBe("ws://server/yolo_ocr");
});

Deno.test("LiveSession tells the server a new name, and on the next visit an old one", () => {
  localStorage.clear();
  try {
    using page = new TestPage();
    page.signals.pipelineId.value = "yolo_only";
    page.session.start(new TestSource());
    FakeSocket.last.open();
    FakeSocket.last.say({ session_id: "a" });
    expect(page.signals.sessionId.value).toBe("a");
    page.session.rename(" Yard ");
    expect(FakeSocket.last.texts).toEqual(['{"name":"Yard"}']);
    expect(FakeSocket.opened).toHaveLength(1);
    page.session.stop();
    // The link to the stream stays as it is.
    expect(page.signals.sessionId.value).toBe("a");
    const signals = createLiveSignals();
    new LiveSession(signals, { isRefused: () => Promise.resolve(false) });
    expect(signals.streamName.value).toBe("Yard");
  } finally {
    localStorage.clear();
  }
});

Deno.test("LiveSession lets go of everything when it is stopped", async () => {
  using page = new TestPage();
  const source = new TestSource();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(source);
  FakeSocket.last.open();
  await page.show(10);
  page.session.stop();
  expect(source.closed).toBe(true);
  expect(page.hasFrames).toBe(false);
  expect(FakeSocket.last.closedWith).toBe(1000);
  expect(page.signals.stage.value).toEqual({ phase: "stopped" });
  expect(page.signals.lastResult.value).toBeNull();
  expect(page.clock.countTimers()).toBe(0);
});

Deno.test("LiveSession says why when the source ends by itself", () => {
  using page = new TestPage();
  const source = new TestSource();
  page.session.start(source);
  const why = { title: "The camera has gone", remedy: "Plug it in again." };
  source.onended?.(why);
  expect(source.closed).toBe(true);
  expect(page.signals.stage.value).toEqual({ phase: "failed", why });
});

Deno.test("LiveSession says so when frames cannot be encoded", async () => {
  using page = new TestPage();
  page.encode = () => Promise.reject(new Error("Cannot encode"));
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(10);
  expect(page.signals.stage.value.phase).toBe("failed");
});

Deno.test("LiveSession does not send a frame of the source before", async () => {
  using page = new TestPage();
  const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  page.encode = () => promise;
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(5);
  page.encode = () => Promise.resolve(null);
  page.session.start(new TestSource());
  resolve(FRAME);
  await page.show(5);
  expect(FakeSocket.opened.flatMap(({ sent }) => sent)).toHaveLength(0);
});

Deno.test("LiveSession keeps its connection when only the source changes", () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  page.session.start(new TestSource());
  expect(FakeSocket.opened).toHaveLength(1);
});

Deno.test("LiveSession leaves the server while the page is hidden", () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  page.session.setVisible(false);
  expect(FakeSocket.last.closedWith).toBe(1000);
  page.session.setVisible(true);
  expect(FakeSocket.opened).toHaveLength(2);
});

Deno.test("LiveSession connects again at once when the person retries", () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  FakeSocket.last.end(1008, "session_timeout");
  page.session.retry();
  expect(FakeSocket.opened).toHaveLength(2);
  expect(page.signals.status.value).toBe("connecting");
});

Deno.test("LiveSession lets go of the camera and asks for the token when the server refuses it", async () => {
  using page = new TestPage();
  const source = new TestSource();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(source);
  page.isRefused = true;
  FakeSocket.last.end(1006);
  await page.clock.tickAsync(3_600_000);
  expect(source.closed).toBe(true);
  expect(FakeSocket.opened).toHaveLength(1);
  expect(page.signals.stage.value).toMatchObject({ phase: "failed", why: { asksForToken: true } });
});

Deno.test("LiveSession goes on when frames come again after the server gave up waiting for one", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(10);
  await page.clock.tickAsync(60_000);
  FakeSocket.last.say({ error: "session_timeout", detail: "No frame received for 30 seconds" });
  FakeSocket.last.end(1008, "session_timeout");
  await page.clock.tickAsync(60_000);
  expect(FakeSocket.opened).toHaveLength(1);
  await page.show(1);
  expect(FakeSocket.opened).toHaveLength(2);
  FakeSocket.last.open();
  await page.show(10);
  expect(page.signals.lastError.value).toBeNull();
});

Deno.test("LiveSession tries at once to go on when the page is seen again or online again", () => {
  using page = new TestPage();
  const source = new TestSource();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(source);
  FakeSocket.last.end(1006);
  page.session.wake();
  expect(FakeSocket.opened).toHaveLength(2);
  page.session.setVisible(false);
  page.session.setVisible(true);
  expect(FakeSocket.opened).toHaveLength(3);
  expect(source.resumed).toBe(2);
});

Deno.test("LiveSession asks for the token before anything is started", async () => {
  using page = new TestPage();
  expect(await page.session.checkToken()).toBe(true);
  expect(page.signals.stage.value).toEqual({ phase: "welcome" });
  page.isRefused = true;
  expect(await page.session.checkToken()).toBe(false);
  expect(page.signals.stage.value).toMatchObject({ phase: "failed", why: { asksForToken: true } });
});

Deno.test("LiveSession shows that a source is being opened, then runs it", async () => {
  using page = new TestPage();
  const { promise, resolve } = Promise.withResolvers<LiveSource>();
  const starting = page.session.startWith(() => promise);
  expect(page.signals.stage.value).toEqual({ phase: "starting" });
  resolve(new TestSource());
  await starting;
  expect(page.signals.stage.value).toMatchObject({ phase: "running", name: "Test camera" });
  expect(page.signals.cameraId.value).toBe("a");
});

Deno.test("LiveSession closes a source that was opened too late", async () => {
  using page = new TestPage();
  const { promise, resolve } = Promise.withResolvers<LiveSource>();
  const source = new TestSource();
  const starting = page.session.startWith(() => promise);
  page.session.stop();
  resolve(source);
  await starting;
  expect(source.closed).toBe(true);
  expect(page.signals.stage.value).toEqual({ phase: "stopped" });
});

Deno.test("LiveSession says why a source cannot be opened", async () => {
  using page = new TestPage();
  await page.session.startWith(() => Promise.reject(new CameraError("in_use")));
  expect(page.signals.stage.value).toMatchObject({
    phase: "failed",
    why: { title: "The camera is busy" },
  });
});

Deno.test("LiveSession keeps quiet about a failure that nobody waits for any more", async () => {
  using page = new TestPage();
  const { promise, reject } = Promise.withResolvers<LiveSource>();
  const starting = page.session.startWith(() => promise);
  page.session.start(new TestSource());
  reject(new CameraError("permission_refused"));
  await starting;
  expect(page.signals.stage.value.phase).toBe("running");
});

Deno.test("LiveSession keeps the frame of the last result, and none of those before", async () => {
  using page = new TestPage();
  const frames = [1, 2, 3].map((byte) => new Uint8Array([...FRAME, byte]));
  page.encode = () => Promise.resolve(frames.shift() ?? null);
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(30);
  const { message, jpeg } = page.signals.lastAnswered.value ?? {};
  expect(message?.frame_index).toBe(3);
  expect(await jpeg?.bytes()).toEqual(new Uint8Array([...FRAME, 3]));
  page.session.stop();
  expect(page.signals.lastAnswered.value).toBeNull();
});

Deno.test("LiveSession keeps the figures of the last minute for the chart", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "yolo_only";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  await page.show(130);
  const { length } = page.signals.history.value;
  expect(length).toBeGreaterThanOrEqual(4);
  expect(page.signals.history.value.at(-1)?.answered_fps).toBeGreaterThan(0);
});

Deno.test("LiveSession chooses another pipeline when the server no longer knows the one in use", async () => {
  using page = new TestPage();
  page.signals.pipelineId.value = "gone";
  page.session.start(new TestSource());
  FakeSocket.last.open();
  FakeSocket.last.say({ error: "invalid_pipeline", detail: "Unknown pipeline_id: gone" });
  FakeSocket.last.end(1008, "invalid_pipeline");
  await page.session.retry();
  expect(page.signals.pipelineId.value).toBe("yolo_only");
  expect(FakeSocket.opened.map(({ url }) => url)).toEqual([
    "ws://server/gone",
    "ws://server/yolo_only",
  ]);
});

Deno.test("LiveSession opens the camera that was used last, if it is there", async () => {
  using page = new TestPage();
  const asked: unknown[] = [];
  const devices = {
    getUserMedia: ({ video }: MediaStreamConstraints) => {
      asked.push(video);
      return Promise.reject(new DOMException("", "NotReadableError"));
    },
    enumerateDevices: () => Promise.resolve([]),
  };
  Object.defineProperty(navigator, "mediaDevices", { value: devices, configurable: true });
  try {
    page.session.attach({
      video: {} as HTMLVideoElement,
      image: {} as HTMLCanvasElement,
    });
    await page.session.startCamera();
    page.session.start(new TestSource());
    await page.session.startCamera();
    expect(asked).toEqual([
      expect.not.objectContaining({ deviceId: expect.anything() }),
      expect.objectContaining({ deviceId: { ideal: "a" } }),
    ]);
  } finally {
    Reflect.deleteProperty(navigator, "mediaDevices");
  }
});
