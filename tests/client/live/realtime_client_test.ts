import { expect } from "expect";
import { CLOSE_CODES } from "../../../lib/protocol/stream.ts";
import { reconnectDelayMs, WARM_UP_RESULTS } from "../../../client/connection.ts";
import {
  RealtimeClient,
  type RealtimeClientOptions,
} from "../../../lib/client/live/realtime_client.ts";
import { exampleResult } from "../example_result.ts";
import { FakeSocket } from "../fake_socket.ts";
import { startVirtualTime, type VirtualClock, withVirtualTime } from "../../virtual_time.ts";

const FRAME = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);

/** Runs a test with a client on a fake socket and a fake clock. */
function withClient(
  test: (client: RealtimeClient, clock: VirtualClock) => void,
  options: Partial<RealtimeClientOptions> = {},
): void {
  const clock = startVirtualTime();
  FakeSocket.reset();
  const client = new RealtimeClient({
    streamUrl: (id) => `ws://server/${id}`,
    WebSocket: FakeSocket.asWebSocket,
    now: () => clock.now,
    random: () => 0.5,
    ...options,
  });
  try {
    test(client, clock);
  } finally {
    client.disconnect();
    clock.uninstall();
  }
}

/** Connects, and exchanges frames until the server counts as warm. */
function connectWarm(client: RealtimeClient): void {
  client.connect("yolo_only");
  FakeSocket.last.open();
  for (let result = 1; result <= WARM_UP_RESULTS; result++) {
    client.sendFrame(FRAME);
    FakeSocket.last.say({ frame_index: result, result: exampleResult() });
  }
}

Deno.test("RealtimeClient streams frames to a real server and gets its answers", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    let frameIndex = 0;
    socket.onmessage = ({ data }) => {
      frameIndex += 1;
      expect(new Uint8Array(data)).toEqual(FRAME);
      socket.send(
        JSON.stringify(
          frameIndex === 2
            ? { frame_index: 2, dropped: true }
            : { frame_index: frameIndex, result: exampleResult() },
        ),
      );
    };
    return response;
  });
  const answers: number[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const client = new RealtimeClient({
    streamUrl: (id) => `ws://127.0.0.1:${server.addr.port}/?pipeline_id=${id}`,
    onMessage: (message) => {
      if ("frame_index" in message) answers.push(message.frame_index);
      if (answers.length === 3) resolve();
      else client.sendFrame(FRAME);
    },
  });
  client.signals.status.subscribe((status) => {
    if (status === "connected") client.sendFrame(FRAME);
  });
  client.connect("yolo_only");
  await done;
  expect(answers).toEqual([1, 2, 3]);
  expect(client.signals.lastResult.value).toEqual({ frame_index: 3, result: exampleResult() });
  expect(client.signals.droppedFrames.value).toBe(1);
  expect(client.signals.roundTripMs.value).toBeGreaterThan(0);
  client.disconnect();
});

Deno.test("RealtimeClient tells its status", () => {
  withClient((client) => {
    expect(client.signals.status.value).toBe("disconnected");
    client.connect("yolo_only");
    expect(FakeSocket.last.url).toBe("ws://server/yolo_only");
    expect(client.signals.status.value).toBe("connecting");
    FakeSocket.last.open();
    expect(client.signals.status.value).toBe("connected");
    client.disconnect();
    expect(client.signals.status.value).toBe("disconnected");
    expect(FakeSocket.last.closedWith).toBe(1000);
  });
});

Deno.test("RealtimeClient skips frames before it is connected", () => {
  withClient((client) => {
    expect(client.sendFrame(FRAME)).toBe(false);
    client.connect("yolo_only");
    expect(client.sendFrame(FRAME)).toBe(false);
    FakeSocket.last.open();
    expect(client.sendFrame(FRAME)).toBe(true);
  });
});

Deno.test("RealtimeClient sends one frame at a time to a server that is not warm yet", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    for (let result = 1; result <= WARM_UP_RESULTS; result++) {
      expect(client.sendFrame(FRAME)).toBe(true);
      expect(client.sendFrame(FRAME)).toBe(false);
      FakeSocket.last.say({ frame_index: result, result: exampleResult() });
    }
    expect(client.sendFrame(FRAME)).toBe(true);
    expect(client.sendFrame(FRAME)).toBe(true);
  });
});

Deno.test("RealtimeClient skips frames while two are unanswered", () => {
  withClient((client) => {
    connectWarm(client);
    const sent = [1, 2, 3].map(() => client.sendFrame(FRAME));
    expect(sent).toEqual([true, true, false]);
    FakeSocket.last.say({ frame_index: WARM_UP_RESULTS + 2, dropped: true });
    expect(client.unansweredFrames).toBe(1);
    expect(client.sendFrame(FRAME)).toBe(true);
    expect(client.unansweredFrames).toBe(2);
  });
});

Deno.test("RealtimeClient skips frames while bytes of an earlier one wait in the socket", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.bufferedAmount = 1;
    expect(client.canSend).toBe(false);
    expect(client.sendFrame(FRAME)).toBe(false);
    FakeSocket.last.bufferedAmount = 0;
    expect(client.sendFrame(FRAME)).toBe(true);
  });
});

Deno.test("RealtimeClient measures the round trip of answers that come out of order", () => {
  const roundTrips: (number | null)[] = [];
  withClient((client, clock) => {
    connectWarm(client);
    client.sendFrame(FRAME);
    clock.tick(10);
    client.sendFrame(FRAME);
    clock.tick(5);
    FakeSocket.last.say({ frame_index: WARM_UP_RESULTS + 2, dropped: true });
    clock.tick(25);
    FakeSocket.last.say({ frame_index: WARM_UP_RESULTS + 1, result: exampleResult() });
    FakeSocket.last.say({ frame_index: 99, result: exampleResult() });
  }, { onMessage: (_message, roundTripMs) => roundTrips.push(roundTripMs) });
  expect(roundTrips.slice(WARM_UP_RESULTS)).toEqual([5, 40, null]);
});

Deno.test("RealtimeClient counts drops and warnings of one connection", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    client.sendFrame(FRAME);
    FakeSocket.last.say({ frame_index: 1, dropped: true });
    FakeSocket.last.say({ warning: "slow_down" });
    FakeSocket.last.say({ warning: "slow_down" });
    expect(client.signals.droppedFrames.value).toBe(1);
    expect(client.signals.slowDownWarnings.value).toBe(2);
    client.connect("yolo_ocr");
    expect(client.signals.droppedFrames.value).toBe(0);
    expect(client.signals.slowDownWarnings.value).toBe(0);
    expect(client.signals.sentFrames.value).toBe(0);
  });
});

Deno.test("RealtimeClient ignores messages that it does not know", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.say({ news: "from a later server" });
    FakeSocket.last.onmessage?.({ data: new ArrayBuffer(4) });
    expect(client.signals.status.value).toBe("connected");
    expect(client.signals.lastError.value).toBeNull();
  });
});

Deno.test("RealtimeClient tells the server's error with its detail", () => {
  withClient((client) => {
    client.connect("nothing");
    FakeSocket.last.open();
    FakeSocket.last.say({ error: "invalid_pipeline", detail: "Unknown pipeline_id: nothing" });
    FakeSocket.last.end(1008, "invalid_pipeline");
    expect(client.signals.lastError.value).toEqual({
      code: "invalid_pipeline",
      detail: "Unknown pipeline_id: nothing",
      close_code: 1008,
      attempt: null,
      retry_in_ms: 0,
    });
  });
});

Deno.test("RealtimeClient takes the error from the close reason when the message was lost", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.end(1013, "too_many_sessions");
    expect(client.signals.lastError.value?.code).toBe("too_many_sessions");
  });
});

Deno.test("RealtimeClient tells losses apart that only the client can see", () => {
  withClient((client) => {
    client.connect("yolo_only");
    FakeSocket.last.end(1006);
    expect(client.signals.lastError.value?.code).toBe("unreachable");
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.end(1006);
    expect(client.signals.lastError.value?.code).toBe("connection_lost");
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.end(1001);
    expect(client.signals.lastError.value?.code).toBe("server_stopping");
  });
});

Deno.test("RealtimeClient reconnects after 1, 2, 4, 8 and 16 seconds, then every 30, and never gives up", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    const delays = [1, 2, 4, 8, 16, ...new Array<number>(2000).fill(30)];
    for (const [index, seconds] of delays.entries()) {
      FakeSocket.last.end(1006);
      expect(client.signals.lastError.value).toMatchObject({
        attempt: index + 1,
        retry_in_ms: seconds * 1000,
      });
      clock.tick(seconds * 1000 - 1);
      expect(FakeSocket.opened).toHaveLength(index + 1);
      clock.tick(1);
      expect(FakeSocket.opened).toHaveLength(index + 2);
    }
  });
});

Deno.test("RealtimeClient tries at once when it is told to, but only what it would try again", () => {
  withClient((client, clock) => {
    client.retryNow();
    expect(FakeSocket.opened).toHaveLength(0);
    client.connect("yolo_only");
    client.retryNow();
    expect(FakeSocket.opened).toHaveLength(1);
    FakeSocket.last.end(1006);
    client.retryNow();
    expect(FakeSocket.opened).toHaveLength(2);
    clock.tick(10_000);
    expect(FakeSocket.opened).toHaveLength(2);
    FakeSocket.last.open();
    client.retryNow();
    FakeSocket.last.end(1007);
    client.retryNow();
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

Deno.test("RealtimeClient tells a session without frames from one that was open for too long", () => {
  const codeAfter = (client: RealtimeClient, detail: string) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.say({ error: "session_timeout", detail });
    FakeSocket.last.end(1008, "session_timeout");
    return client.signals.lastError.value?.code;
  };
  withClient((client) => {
    expect(codeAfter(client, "No frame received for 30 seconds")).toBe("no_frames");
    expect(codeAfter(client, "Session exceeded 60 seconds")).toBe("session_timeout");
  });
});

for (const code of [1000, 1003, 1007, 1008, 1009]) {
  Deno.test(`RealtimeClient does not reconnect by itself after ${code}`, () => {
    withClient((client, clock) => {
      client.connect("yolo_only");
      FakeSocket.last.open();
      FakeSocket.last.end(code);
      clock.tick(3_600_000);
      expect(FakeSocket.opened).toHaveLength(1);
      expect(client.signals.lastError.value?.attempt).toBeNull();
    });
  });
}

for (const code of [1001, 1006, CLOSE_CODES.pipeline_failure, CLOSE_CODES.too_many_sessions]) {
  Deno.test(`RealtimeClient reconnects by itself after ${code}`, () => {
    withClient((client, clock) => {
      client.connect("yolo_only");
      FakeSocket.last.open();
      FakeSocket.last.end(code);
      clock.tick(1000);
      expect(FakeSocket.opened).toHaveLength(2);
      expect(client.signals.status.value).toBe("connecting");
    });
  });
}

Deno.test("RealtimeClient begins again with 1 second after a result, not after a mere connection", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    FakeSocket.last.end(1006);
    clock.tick(1000);
    FakeSocket.last.open();
    FakeSocket.last.end(1006);
    expect(client.signals.lastError.value?.retry_in_ms).toBe(2000);
    clock.tick(2000);
    FakeSocket.last.open();
    client.sendFrame(FRAME);
    FakeSocket.last.say({ frame_index: 1, result: exampleResult() });
    expect(client.signals.lastError.value).toBeNull();
    FakeSocket.last.end(1006);
    expect(client.signals.lastError.value).toMatchObject({ attempt: 1, retry_in_ms: 1000 });
  });
});

Deno.test("RealtimeClient stops reconnecting when it is disconnected", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    FakeSocket.last.end(1006);
    client.disconnect();
    clock.tick(3_600_000);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(client.signals.lastError.value).toBeNull();
  });
});

Deno.test("RealtimeClient hears nothing of a connection that it has left", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    const left = FakeSocket.last;
    left.open();
    client.connect("yolo_ocr");
    left.say({ frame_index: 1, result: exampleResult() });
    left.end(1000);
    clock.tick(1000);
    expect(client.signals.lastResult.value).toBeNull();
    expect(client.signals.status.value).toBe("connecting");
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

Deno.test("RealtimeClient gives up a connection on which frames stay unanswered", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    FakeSocket.last.open();
    clock.tick(60_000);
    expect(client.signals.status.value).toBe("connected");
    client.sendFrame(FRAME);
    clock.tick(14_999);
    expect(client.signals.status.value).toBe("connected");
    clock.tick(1);
    expect(client.signals.lastError.value).toMatchObject({ code: "no_answer", attempt: 1 });
    clock.tick(1000);
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

Deno.test("RealtimeClient gives up a connection that does not open", () => {
  withClient((client, clock) => {
    client.connect("yolo_only");
    clock.tick(15_000);
    expect(client.signals.lastError.value).toMatchObject({ code: "unreachable", attempt: 1 });
  });
});

Deno.test("RealtimeClient does not try again while the server asks for another token", () =>
  withVirtualTime(async (clock) => {
    FakeSocket.reset();
    let asked = 0;
    const client = new RealtimeClient({
      streamUrl: (id) => `ws://server/${id}`,
      WebSocket: FakeSocket.asWebSocket,
      isRefused: () => Promise.resolve(++asked === 2),
      random: () => 0.5,
    });
    try {
      client.connect("yolo_only");
      FakeSocket.last.end(1006);
      await clock.tickAsync(1000);
      expect(FakeSocket.opened).toHaveLength(2);
      FakeSocket.last.end(1006);
      await clock.tickAsync(3_600_000);
      expect(FakeSocket.opened).toHaveLength(2);
      expect(client.signals.lastError.value).toMatchObject({ code: "unauthorized", attempt: null });
    } finally {
      client.disconnect();
    }
  }));

Deno.test("reconnectDelayMs varies by 20 % and stays within 30 seconds", () => {
  expect(reconnectDelayMs(1, 0)).toBeCloseTo(800);
  expect(reconnectDelayMs(1, 1)).toBeCloseTo(1200);
  expect(reconnectDelayMs(3, 0.5)).toBeCloseTo(4000);
  expect(reconnectDelayMs(9, 1)).toBe(30_000);
});

Deno.test("RealtimeClient hands binary messages over as frames", async () => {
  const frames: Blob[] = [];
  withClient((client) => {
    client.connect("session");
    FakeSocket.last.open();
    FakeSocket.last.onmessage?.({ data: FRAME.buffer });
  }, { onFrame: (jpeg) => frames.push(jpeg) });
  expect(frames.map(({ type }) => type)).toEqual(["image/jpeg"]);
  expect(await frames[0]?.bytes()).toEqual(FRAME);
});

const ENDS = [[1008, "session_not_found"], [1000, "stream_ended"], [1008, "replaced"]] as const;

for (const [code, reason] of ENDS) {
  Deno.test(`RealtimeClient does not try again after ${reason}`, () => {
    withClient((client, clock) => {
      client.connect("session");
      FakeSocket.last.open();
      FakeSocket.last.end(code, reason);
      expect(client.signals.lastError.value).toMatchObject({ code: reason, attempt: null });
      clock.tick(60_000);
      expect(FakeSocket.opened).toHaveLength(1);
    });
  });
}
