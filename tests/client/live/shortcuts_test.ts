import { expect } from "expect";
import { isShortcut, type ShortcutEvent } from "../../../lib/client/live/shortcuts.ts";

function press(key: string, changes: Partial<ShortcutEvent> = {}): ShortcutEvent {
  return {
    key,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    repeat: false,
    defaultPrevented: false,
    target: null,
    ...changes,
  };
}

/** An element that is found by the selectors that name its tag. */
function element(tag: string): unknown {
  return {
    closest: (selectors: string) =>
      selectors.split(", ").some((selector) => selector.split(":")[0] === tag) ? {} : null,
  };
}

Deno.test("isShortcut hears its key, in either case", () => {
  expect(isShortcut(press("d"), "d")).toBe(true);
  expect(isShortcut(press("D"), "d")).toBe(true);
  expect(isShortcut(press("x"), "d")).toBe(false);
});

Deno.test("isShortcut leaves the browser's own combinations alone", () => {
  for (const modifier of ["altKey", "ctrlKey", "metaKey"]) {
    expect(isShortcut(press("d", { [modifier]: true }), "d")).toBe(false);
  }
});

Deno.test("isShortcut hears a key once, however long it is held", () => {
  expect(isShortcut(press(" ", { repeat: true }), " ")).toBe(false);
});

Deno.test("isShortcut leaves letters to fields, and the space bar to buttons too", () => {
  expect(isShortcut(press("d", { target: element("input") }), "d")).toBe(false);
  expect(isShortcut(press("d", { target: element("select") }), "d")).toBe(false);
  expect(isShortcut(press("d", { target: element("button") }), "d")).toBe(true);
  expect(isShortcut(press(" ", { target: element("button") }), " ")).toBe(false);
  expect(isShortcut(press(" ", { target: element("main") }), " ")).toBe(true);
});
