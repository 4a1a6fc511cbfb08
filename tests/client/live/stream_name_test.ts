import { expect } from "expect";
import fc from "fast-check";
import * as v from "valibot";
import { createLiveSignals, type StageState } from "../../../lib/client/live/live_signals.ts";
import {
  currentName,
  defaultName,
  deviceName,
  LONGEST_NAME,
  recallName,
  rememberName,
  tidyName,
} from "../../../lib/client/live/stream_name.ts";
import { StreamNameSchema } from "../../../lib/protocol/stream_name.ts";

const COMPUTER = { userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/130", maxTouchPoints: 10 };

function running(kind: "camera" | "video" | "image", name: string): StageState {
  return { phase: "running", kind, name, isMirrored: false };
}

Deno.test("deviceName tells phones, tablets and computers apart", () => {
  const agents: [string, number, string][] = [
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604", 5, "Phone"],
    ["Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130 Mobile Safari/537", 5, "Phone"],
    ["Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", 5, "Phone"],
    ["Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/130 Safari/537", 10, "Tablet"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605", 5, "Tablet"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605", 0, "Computer"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130", 10, "Computer"],
  ];
  for (const [userAgent, maxTouchPoints, name] of agents) {
    expect([userAgent, deviceName({ userAgent, maxTouchPoints })]).toEqual([userAgent, name]);
  }
});

Deno.test("a stream is called after its file, and never after its camera", () => {
  expect(defaultName(running("camera", "Ada’s FaceTime HD"), COMPUTER)).toBe("Computer");
  expect(defaultName(running("video", "yard.mp4"), COMPUTER)).toBe("yard.mp4");
  expect(defaultName(running("image", " \u202e "), COMPUTER)).toBe("Computer");
  expect(defaultName({ phase: "welcome" }, COMPUTER)).toBe("Computer");
});

Deno.test("whatever becomes a name, the server takes it", () => {
  const part = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\n", "\u202e", " ", "👩‍🍳"));
  const text = fc.array(part).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (given) => {
    const name = tidyName(given);
    expect(Array.from(name).length).toBeLessThanOrEqual(LONGEST_NAME);
    expect(tidyName(name)).toBe(name);
    if (name !== "") expect(v.is(StreamNameSchema, name)).toBe(true);
  }));
  expect(tidyName("  Küche\n &\tFlur ")).toBe("Küche & Flur");
});

Deno.test("what the person says goes before the source, and is remembered until it is taken back", () => {
  localStorage.clear();
  try {
    const signals = createLiveSignals();
    signals.stage.value = running("image", "dog.jpg");
    expect(currentName(signals)).toBe("dog.jpg");
    rememberName(signals, " Yard ");
    expect(currentName(signals)).toBe("Yard");
    const next = createLiveSignals();
    recallName(next);
    expect(currentName(next)).toBe("Yard");
    rememberName(next, "  ");
    next.stage.value = running("image", "dog.jpg");
    expect(currentName(next)).toBe("dog.jpg");
    const last = createLiveSignals();
    recallName(last);
    expect(last.streamName.value).toBe("");
  } finally {
    localStorage.clear();
  }
});
