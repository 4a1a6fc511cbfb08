import type { JSX } from "preact";
import { Icon } from "./Icon.tsx";
import { useAfterMount } from "./use_after_mount.ts";

/** Fills the screen with the stage, where the browser can. */
export function FullScreenButton(): JSX.Element | null {
  // Phones of one maker fill the screen with videos only, which would leave the overlay out.
  const isPossible = useAfterMount(() => document.fullscreenEnabled === true);
  if (!isPossible) return null;
  const toggle = (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => {
    if (document.fullscreenElement === null) {
      event.currentTarget.closest(".stage")?.requestFullscreen().catch(() => {});
    } else {
      document.exitFullscreen();
    }
  };
  return (
    <button
      type="button"
      class="button full-screen"
      aria-label="Full screen"
      title="Full screen"
      onClick={toggle}
    >
      <Icon name="full-screen" />
    </button>
  );
}
