import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../lib/components/Icon.tsx";
import { liveSession } from "../lib/client/live_session.ts";
import type { LiveSignals } from "../lib/client/live_signals.ts";

/** Stops the stream, and fills the screen with it. */
export function StageControls({ live }: { live: LiveSignals }): JSX.Element {
  const { phase } = live.stage.value;
  return (
    <div class="group" data-idle={phase !== "running" && phase !== "starting"}>
      <FullScreenButton />
      <button type="button" class="button" onClick={() => liveSession(live).stop()}>
        <Icon name="stop" />
        <span>Stop</span>
      </button>
    </div>
  );
}

function FullScreenButton(): JSX.Element | null {
  const possible = useSignal(false);
  useEffect(() => {
    // Phones of one maker fill the screen with videos only, which would leave the overlay out.
    possible.value = document.fullscreenEnabled === true;
  }, []);
  if (!possible.value) return null;
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
