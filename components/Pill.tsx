import type { JSX } from "preact";
import type { StatusDescription } from "../lib/client/live/status_pill.ts";

/** A state in one word and a few figures. */
export function Pill({ status: { tone, word, figures }, isQuiet = false }: {
  status: StatusDescription;
  /**
   * Whether screen readers say nothing of its own accord, where there are many of them.
   *
   * @default {false}
   */
  isQuiet?: boolean;
}): JSX.Element {
  return (
    <p class="pill" data-tone={tone}>
      <span role={isQuiet ? undefined : "status"}>{word}</span>
      {figures !== "" && <span class="figures">{figures}</span>}
    </p>
  );
}
