import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { describeRetry, explainStreamFailure } from "../lib/client/errors.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { BannerBox } from "./BannerBox.tsx";
import { Icon } from "./Icon.tsx";

/** Says why the stream ended and what to do, until the next result. */
export function Banner({ live, onRetry }: {
  live: LiveSignals;
  onRetry: () => void;
}): JSX.Element | null {
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
  const { phase } = live.stage.value;
  if (failure === null || (phase !== "running" && phase !== "starting")) return null;
  const { button, progress } = describeRetry(failure, secondsLeft.value);
  const isConnecting = live.status.value === "connecting";
  return (
    <BannerBox
      why={explainStreamFailure(failure)}
      progress={progress !== "" && isConnecting ? "Connecting" : progress}
    >
      <button type="button" class="button" onClick={onRetry}>
        <Icon name="retry" />
        <span>{button}</span>
      </button>
    </BannerBox>
  );
}
