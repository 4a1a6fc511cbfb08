import type { ComponentChildren, JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";
import { Icon } from "./Icon.tsx";

/** A box over the image that says what is wrong. */
export function BannerBox({ why: { title, remedy }, progress = "", children }: {
  why: Explanation;
  /** What is being done about it. */
  progress?: string;
  /** The button. */
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="banner">
      <Icon name="alert" />
      <div class="banner-body">
        <p role="alert">
          <strong>{title}.</strong> {remedy}
        </p>
        {progress !== "" && <p class="banner-progress">{progress}</p>}
      </div>
      {children}
    </div>
  );
}
