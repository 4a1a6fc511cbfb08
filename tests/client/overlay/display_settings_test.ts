import { expect } from "expect";
import fc from "fast-check";
import {
  parseDisplaySettings,
  rememberDisplay,
  restoreDisplay,
} from "../../../lib/client/overlay/display_settings.ts";
import { createLiveSignals } from "../../../lib/client/live/live_signals.ts";

Deno.test("settings of the display come back on the next visit", () => {
  const first = createLiveSignals();
  first.minimumConfidence.value = 0.6;
  first.hiddenLabels.value = ["dog"];
  first.showBoxes.value = false;
  first.fillsStage.value = true;
  first.inStep.value = true;
  rememberDisplay(first);
  const second = createLiveSignals();
  restoreDisplay(second);
  localStorage.removeItem("livesyte.display");
  expect(second.minimumConfidence.value).toBe(0.6);
  expect(second.hiddenLabels.value).toEqual(["dog"]);
  expect(second.showBoxes.value).toBe(false);
  expect(second.showText.value).toBe(true);
  expect(second.fillsStage.value).toBe(true);
  expect(second.inStep.value).toBe(true);
});

Deno.test("parseDisplaySettings leaves out what makes no sense", () => {
  const text = JSON.stringify({
    minimumConfidence: 7,
    hiddenLabels: ["dog", 3],
    showBoxes: "no",
    showText: false,
    constructor: true,
  });
  expect(parseDisplaySettings(text)).toEqual({ showText: false });
  expect(parseDisplaySettings(null)).toEqual({});
});

Deno.test("parseDisplaySettings takes any text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    expect(typeof parseDisplaySettings(text)).toBe("object");
  }));
});
