import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Banner } from "../components/Banner.tsx";
import { StreamList, type StreamListState } from "../components/StreamList.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { onReturn } from "../lib/client/on_return.ts";
import { fetchSessions, TokenError } from "../lib/client/watch/sessions.ts";
import { watchSession } from "../lib/client/watch/watch_session.ts";

/** How often the list of streams is renewed. */
const REFRESH_MS = 2000;

/** Shows somebody's stream, or the streams to choose from. */
export function WatchPreview({ live, sessionId }: {
  live: LiveSignals;
  /** The stream to watch; `null` to choose one. */
  sessionId: string | null;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const streams = useStreamList(live);
  useEffect(() => onReturn(() => watchSession(live).wake()), []);
  useEffect(() => {
    if (canvas.current !== null && sessionId !== null) {
      watchSession(live).start(sessionId, canvas.current);
    }
  }, []);
  const stage = live.stage.value;
  return (
    <>
      <canvas
        ref={canvas}
        class="source"
        width={0}
        height={0}
        data-shown={stage.phase === "running"}
        data-fill={live.fillsStage.value}
        role="img"
        aria-label="The stream"
      />
      {stage.phase !== "running" && <StreamList stage={stage} streams={streams.value} />}
      <Banner live={live} onRetry={() => watchSession(live).retry()} />
    </>
  );
}

/** The streams that are open, renewed while none is watched. */
function useStreamList(live: LiveSignals): Signal<StreamListState> {
  const streams = useSignal<StreamListState>("loading");
  useSignalEffect(() => {
    const { phase } = live.stage.value;
    if (phase === "running" || phase === "starting") return;
    const refresh = async () => {
      try {
        streams.value = await fetchSessions(location.href);
      } catch (error) {
        streams.value = error instanceof TokenError ? "refused" : "unreachable";
        // It stays so until the person has entered the token.
        if (error instanceof TokenError) clearInterval(timer);
      }
    };
    const timer = setInterval(refresh, REFRESH_MS);
    refresh();
    return () => clearInterval(timer);
  });
  return streams;
}
