import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Banner } from "../components/Banner.tsx";
import { StreamList, type StreamListState } from "../components/StreamList.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { onReturn } from "../lib/client/on_return.ts";
import { explainApiError } from "../lib/client/server_api.ts";
import { fetchSessions } from "../lib/client/watch/sessions.ts";
import { watchSession } from "../lib/client/watch/watch_session.ts";
import type { SessionSummary } from "../lib/protocol/session_summary.ts";

/** How often the list of streams is renewed. */
const REFRESH_MS = 2000;
/** The same while a stream is watched, whose name may change. */
const WATCHING_REFRESH_MS = 10_000;

/** Shows somebody's stream, or the streams to choose from. */
export function WatchPreview({ live, sessionId }: {
  live: LiveSignals;
  /** The stream to watch; `null` to choose one. */
  sessionId: string | null;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const watch = () => {
    if (canvas.current !== null && sessionId !== null) {
      watchSession(live).start(sessionId, canvas.current);
    }
  };
  const streams = useStreamList(live, (list, isFirst) => {
    const stream = list.find(({ session_id }) => session_id === sessionId);
    if (stream === undefined) return;
    live.streamName.value = stream.name ?? "";
    // It has started again. What was listed while it ended may be what ended.
    if (live.stage.peek().phase === "failed" && !isFirst) watch();
  });
  useEffect(() => onReturn(() => watchSession(live).wake()), []);
  useEffect(watch, []);
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
        aria-label={live.streamName.value || "The stream"}
      />
      {stage.phase !== "running" && <StreamList stage={stage} streams={streams.value} />}
      <Banner live={live} onRetry={() => watchSession(live).retry()} />
    </>
  );
}

/**
 * The streams that are open, renewed while the page is seen.
 *
 * @param onList Called with each list, and whether it is the first since the stage has changed
 */
function useStreamList(
  live: LiveSignals,
  onList: (list: readonly SessionSummary[], isFirst: boolean) => void,
): Signal<StreamListState> {
  const streams = useSignal<StreamListState>(null);
  useSignalEffect(() => {
    const { phase } = live.stage.value;
    if (phase === "starting") return;
    // What was listed before may have ended.
    streams.value = null;
    let isFirst = true;
    const refresh = async () => {
      if (document.hidden) return;
      try {
        const list = streams.value = await fetchSessions(location.href);
        onList(list, isFirst);
        isFirst = false;
      } catch (error) {
        const why = streams.value = explainApiError(error);
        // It stays so until the person has entered the token.
        if (why.asksForToken) clearInterval(timer);
      }
    };
    const timer = setInterval(refresh, phase === "running" ? WATCHING_REFRESH_MS : REFRESH_MS);
    document.addEventListener("visibilitychange", refresh);
    refresh();
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  });
  return streams;
}
