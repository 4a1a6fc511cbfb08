import type { JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";
import { Icon } from "./Icon.tsx";
import { TokenForm } from "./TokenForm.tsx";

/** What is said in place of something that cannot be shown: why, and what to do about it. */
export function ProblemNotice(
  { problem: { title, remedy, asksForToken } }: { problem: Explanation },
): JSX.Element {
  return (
    <div class="notice" data-phase="failed">
      <div class="notice-body" role="alert">
        <span class="notice-mark">
          <Icon name="alert" />
        </span>
        <h2>{title}</h2>
        <p>{remedy}</p>
      </div>
      {asksForToken && <TokenForm />}
    </div>
  );
}
