/** Tells keyboard shortcuts from typing. */

/** What is looked at of a keyboard event. */
export type ShortcutEvent =
  & Pick<
    KeyboardEvent,
    "key" | "altKey" | "ctrlKey" | "metaKey" | "repeat" | "defaultPrevented"
  >
  & { target: unknown };

/** Elements that have a use of their own for keys. */
const INTERACTIVE = "a, button, input, select, summary, textarea, [contenteditable]";
/** Elements that take letters. */
const TEXTUAL = "input:not([type=range], [type=checkbox]), select, textarea, [contenteditable]";

/**
 * Whether a key was pressed as a shortcut: alone, and not into something that takes keys itself.
 *
 * @param key As in `KeyboardEvent.key`, lower case.
 */
export function isShortcut(event: ShortcutEvent, key: string): boolean {
  if (event.defaultPrevented || event.repeat) return false;
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  return event.key.toLowerCase() === key && !takesKey(event.target, key);
}

function takesKey(target: unknown, key: string): boolean {
  if (!isElement(target)) return false;
  // Buttons take only the space bar; letters are free while one has the focus.
  return target.closest(key === " " ? INTERACTIVE : TEXTUAL) !== null;
}

function isElement(target: unknown): target is Pick<Element, "closest"> {
  return typeof target === "object" && target !== null && "closest" in target;
}
