import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { Icon } from "./Icon.tsx";
import { ShareDialog } from "./ShareDialog.tsx";

/** Opens what others need to watch this stream. */
export function ShareButton({ live, lanOrigin }: {
  live: LiveSignals;
  /** Where other devices of the network find the server; `undefined` where they do not. */
  lanOrigin: string | undefined;
}): JSX.Element {
  const isOpen = useSignal(false);
  const sessionId = live.sessionId.value;
  return (
    <>
      <button
        type="button"
        class="button"
        aria-label="Share"
        title="Share: a link to watch this stream"
        aria-haspopup="dialog"
        disabled={sessionId === null}
        onClick={() => isOpen.value = true}
      >
        <Icon name="share" />
      </button>
      {isOpen.value && sessionId !== null && (
        <ShareDialog
          live={live}
          sessionId={sessionId}
          lanOrigin={lanOrigin}
          onClose={() => isOpen.value = false}
        />
      )}
    </>
  );
}
