import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "../lib/components/Icon.tsx";
import { describeRetry, explainStreamFailure } from "../lib/client/errors.ts";
import { liveSession } from "../lib/client/live_session.ts";
import type { LiveSignals } from "../lib/client/live_signals.ts";

/** Says why the stream ended and what to do, until the next result. */
export function ErrorBanner({ live }: { live: LiveSignals }): JSX.Element | null {
  const secondsLeft = useSignal(0);
  useSignalEffect(() => {
    const failure = live.lastError.value;
    if (failure === null) return;
    secondsLeft.value = Math.ceil(failure.retry_in_ms / 1000);
    const timer = setInterval(() => {
      secondsLeft.value = Math.max(0, secondsLeft.peek() - 1);
    }, 1000);
    return () => clearInterval(timer);
  });
  const failure = live.lastError.value;
  if (failure === null || live.stage.value.phase !== "running") return null;
  const { title, remedy } = explainStreamFailure(failure);
  const { button, progress } = describeRetry(failure, secondsLeft.value);
  const isConnecting = live.status.value === "connecting";
  return (
    <div class="banner">
      <Icon name="alert" />
      <div class="banner-body">
        <p role="alert">
          <strong>{title}.</strong> {remedy}
        </p>
        {progress !== "" && <p class="banner-progress">{isConnecting ? "Connecting" : progress}</p>}
      </div>
      <button type="button" class="button" onClick={() => liveSession(live).retry()}>
        <Icon name="retry" />
        <span>{button}</span>
      </button>
    </div>
  );
}
