import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "./Icon.tsx";

/** How long the button says that it has copied. */
const COPIED_MS = 2000;

/** Copies a text, and says whether the browser has let it. */
export function CopyButton({ label, text, fallback = () => false }: {
  /** What the button says. */
  label: string;
  /** Gives what is to be copied. */
  text: () => string;
  /**
   * Copies in another way, where the browser lets only secure pages write to the clipboard.
   *
   * @returns Whether it did
   */
  fallback?: () => boolean;
}): JSX.Element {
  const state = useSignal<"ready" | "copied" | "failed">("ready");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      state.value = "copied";
    } catch {
      state.value = fallback() ? "copied" : "failed";
    }
    setTimeout(() => state.value = "ready", COPIED_MS);
  };
  const words = { ready: label, copied: "Copied", failed: "The browser refused" };
  return (
    <button type="button" class="button" onClick={copy}>
      <Icon name={state.value === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{words[state.value]}</span>
    </button>
  );
}
