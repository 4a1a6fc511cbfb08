import type { JSX } from "preact";
import { FullScreenButton } from "../components/FullScreenButton.tsx";
import { Icon } from "../components/Icon.tsx";
import { RecordButton } from "../components/RecordButton.tsx";
import { SnapshotButton } from "../components/SnapshotButton.tsx";
import { liveSession } from "../lib/client/live/live_session.ts";
import { ShareButton } from "../components/ShareButton.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** Keeps, shares, enlarges and stops what runs. */
export function StageControls({ live, lanOrigin }: {
  live: LiveSignals;
  /** Where other devices of the network find the server; `undefined` where they do not. */
  lanOrigin: string | undefined;
}): JSX.Element {
  const { phase } = live.stage.value;
  return (
    <div class="actions" data-idle={phase !== "running" && phase !== "starting"}>
      <SnapshotButton live={live} />
      <RecordButton live={live} element={() => liveSession(live).element} />
      <ShareButton live={live} lanOrigin={lanOrigin} />
      <FullScreenButton />
      <button type="button" class="button" onClick={() => liveSession(live).stop()}>
        <Icon name="stop" />
        <span>Stop</span>
      </button>
    </div>
  );
}
