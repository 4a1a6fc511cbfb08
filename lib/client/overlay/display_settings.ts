/** Keeps what the person chose to see for the next visit. */

import { batch, type Signal } from "@preact/signals";
import type { LiveSignals } from "../live/live_signals.ts";
import type { OverlayChoice } from "./overlay_layout.ts";
import { recall, remember } from "../remember.ts";

/** Signals of what of the results is shown. */
export type DisplaySignals = Pick<
  LiveSignals,
  "minimumConfidence" | "hiddenLabels" | "showBoxes" | "showText" | "fillsStage" | "inStep"
>;

/** The values of {@linkcode DisplaySignals}. */
export type DisplaySettings = {
  [Name in keyof DisplaySignals]: DisplaySignals[Name] extends Signal<infer Value> ? Value : never;
};

/** Takes over what was remembered. */
export function restoreDisplay(signals: DisplaySignals): void {
  const settings = parseDisplaySettings(recall("livesyte.display"));
  batch(() => {
    for (const [name, value] of Object.entries(settings)) {
      (signals[name as keyof DisplaySignals] as Signal<unknown>).value = value;
    }
  });
}

/** Remembers how the signals are now. */
export function rememberDisplay(signals: DisplaySignals): void {
  const settings: DisplaySettings = {
    ...currentChoice(signals),
    fillsStage: signals.fillsStage.value,
    inStep: signals.inStep.value,
  };
  remember("livesyte.display", JSON.stringify(settings));
}

/** What is drawn, going by the signals. */
export function currentChoice(
  { minimumConfidence, hiddenLabels, showBoxes, showText }: DisplaySignals,
): OverlayChoice {
  return {
    minimumConfidence: minimumConfidence.value,
    hiddenLabels: hiddenLabels.value,
    showBoxes: showBoxes.value,
    showText: showText.value,
  };
}

const CHECKS: Readonly<Record<keyof DisplaySettings, (value: unknown) => boolean>> = {
  minimumConfidence: (value) => typeof value === "number" && value >= 0 && value < 1,
  hiddenLabels: (value) =>
    Array.isArray(value) && value.every((label) => typeof label === "string"),
  showBoxes: isBoolean,
  showText: isBoolean,
  fillsStage: isBoolean,
  inStep: isBoolean,
};

/** Reads settings as another visit, or another version of this page, left them; what makes no sense is left out. */
export function parseDisplaySettings(text: string | null): Partial<DisplaySettings> {
  let settings: unknown;
  try {
    settings = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof settings !== "object" || settings === null) return {};
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) =>
      Object.hasOwn(CHECKS, name) && CHECKS[name as keyof DisplaySettings](value)
    ),
  );
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
