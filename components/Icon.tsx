import type { JSX } from "preact";
import { asset } from "fresh/runtime";
import { atBase } from "../lib/client/server_url.ts";

/** Names of the symbols in `static/icons.svg`. */
export type IconName =
  | "add"
  | "alert"
  | "camera"
  | "check"
  | "copy"
  | "delete"
  | "drop"
  | "edit"
  | "flip"
  | "full-screen"
  | "grid"
  | "open"
  | "pause"
  | "play"
  | "record"
  | "retry"
  | "save"
  | "share"
  | "snapshot"
  | "stop"
  | "watch";

/** A symbol of 20×20 pixels in the colour of the text; the text beside it says what it means. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" width="20" height="20" aria-hidden="true">
      <use href={`${atBase(asset("/icons.svg"))}#${name}`} />
    </svg>
  );
}
