import type { JSX } from "preact";
import { FullScreenButton } from "../components/FullScreenButton.tsx";
import { Icon } from "../components/Icon.tsx";
import { RecordButton } from "../components/RecordButton.tsx";
import { SnapshotButton } from "../components/SnapshotButton.tsx";
import { liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** Keeps, enlarges and stops what runs. */
export function StageControls({ live }: { live: LiveSignals }): JSX.Element {
  const { phase } = live.stage.value;
  return (
    <div class="actions" data-idle={phase !== "running" && phase !== "starting"}>
      <SnapshotButton live={live} />
      <RecordButton live={live} element={() => liveSession(live).element} />
      <FullScreenButton />
      <button type="button" class="button" onClick={() => liveSession(live).stop()}>
        <Icon name="stop" />
        <span>Stop</span>
      </button>
    </div>
  );
}
