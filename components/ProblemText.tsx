import type { JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";

/** What is wrong on a page or in a form, and what to do about it; nothing while all is well. */
export function ProblemText({ problem }: { problem: Explanation | null }): JSX.Element | null {
  if (problem === null) return null;
  return (
    <p class="problem" role="alert">
      <strong>{problem.title}.</strong> {problem.remedy}
    </p>
  );
}
