import type { JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";
import type { StageState } from "../lib/client/live/live_signals.ts";
import { watchPage } from "../lib/client/watch/sessions.ts";
import type { SessionSummary } from "../lib/protocol/session_summary.ts";
import { explainMissingToken } from "../lib/client/token.ts";
import { Icon } from "./Icon.tsx";
import { TokenForm } from "./TokenForm.tsx";

/** The streams that are open, or why they are not known. */
export type StreamListState = SessionSummary[] | "loading" | "refused" | "unreachable";

/** What is said in place of a stream, and the streams to choose from. */
export function StreamList({ stage, streams }: {
  stage: StageState;
  streams: StreamListState;
}): JSX.Element {
  const { title, remedy, asksForToken } = describe(stage, streams);
  const isFailed = stage.phase === "failed";
  return (
    <div class="notice" data-phase={stage.phase}>
      <div class="notice-body" role={isFailed ? "alert" : undefined}>
        {isFailed && (
          <span class="notice-mark">
            <Icon name="alert" />
          </span>
        )}
        <h2>{title}</h2>
        {remedy !== "" && <p>{remedy}</p>}
      </div>
      {asksForToken && <TokenForm />}
      {stage.phase === "starting" && <span class="busy" aria-hidden="true" />}
      {stage.phase !== "starting" && Array.isArray(streams) && streams.length > 0 && (
        <ul class="streams">
          {streams.map((stream) => <StreamLink key={stream.session_id} stream={stream} />)}
        </ul>
      )}
    </div>
  );
}

function StreamLink({ stream: { session_id, pipeline_id, created_at, frame_index } }: {
  stream: SessionSummary;
}): JSX.Element {
  const since = new Date(created_at).toLocaleTimeString([], { timeStyle: "short" });
  return (
    <li>
      <a class="button" href={watchPage(location.href, session_id)}>
        <Icon name="watch" />
        <span class="stream-name">{pipeline_id}</span>
        <span class="stream-detail">since {since}, {frame_index} frames</span>
      </a>
    </li>
  );
}

function describe(stage: StageState, streams: StreamListState): Explanation {
  if (stage.phase === "starting") return { title: "One moment", remedy: "" };
  if (stage.phase === "failed") return stage.why;
  switch (streams) {
    case "loading":
      return { title: "Looking for streams", remedy: "" };
    case "refused":
      return explainMissingToken();
    case "unreachable":
      return {
        title: "The server cannot be reached",
        remedy: "Check that it is running and that this device is online.",
      };
  }
  return streams.length > 0 ? { title: "Choose a stream to watch", remedy: "" } : {
    title: "Nobody is streaming",
    remedy: "When someone starts a camera on the live page, it appears here.",
  };
}
