import type { JSX } from "preact";
import { FullScreenButton } from "../components/FullScreenButton.tsx";
import { Icon } from "../components/Icon.tsx";
import { RecordButton } from "../components/RecordButton.tsx";
import { SnapshotButton } from "../components/SnapshotButton.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { watchSession } from "../lib/client/watch/watch_session.ts";

/** Names, keeps, enlarges and stops what is watched. */
export function WatchControls({ live }: { live: LiveSignals }): JSX.Element {
  const { phase } = live.stage.value;
  return (
    <>
      <p class="watched-name">
        <bdi>{live.streamName.value}</bdi>
      </p>
      <div class="actions" data-idle={phase !== "running" && phase !== "starting"}>
        <SnapshotButton live={live} />
        <RecordButton live={live} element={() => watchSession(live).element} />
        <FullScreenButton />
        <button type="button" class="button" onClick={() => watchSession(live).stop()}>
          <Icon name="stop" />
          <span>Stop</span>
        </button>
      </div>
    </>
  );
}
