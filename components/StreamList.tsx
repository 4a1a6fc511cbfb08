import type { JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";
import type { StageState } from "../lib/client/live/live_signals.ts";
import { serverUrl } from "../lib/client/server_url.ts";
import { watchPage } from "../lib/client/watch/sessions.ts";
import type { SessionSummary } from "../lib/protocol/session_summary.ts";
import { Icon } from "./Icon.tsx";
import { StreamThumbnail } from "./StreamThumbnail.tsx";
import { TokenForm } from "./TokenForm.tsx";

/** The streams that are open, or why they are not known; `null` before the server has answered. */
export type StreamListState = readonly SessionSummary[] | Explanation | null;

/** What is said in place of a stream, and the streams to choose from. */
export function StreamList({ stage, streams }: {
  stage: StageState;
  streams: StreamListState;
}): JSX.Element {
  const { title, remedy, asksForToken } = describe(stage, streams);
  const isFailed = stage.phase === "failed";
  const list = stage.phase !== "starting" && isList(streams) ? streams : null;
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
      {list !== null && list.length > 0 && (
        <ul class="streams">
          {list.map((stream) => <StreamCard key={stream.session_id} stream={stream} />)}
        </ul>
      )}
      {list?.length === 0 && !isFailed && <HowToBegin />}
    </div>
  );
}

function StreamCard({ stream }: { stream: SessionSummary }): JSX.Element {
  const { session_id, name, pipeline_id, created_at } = stream;
  const since = new Date(created_at).toLocaleTimeString([], { timeStyle: "short" });
  return (
    <li>
      <a class="stream-card" href={watchPage(location.href, session_id)}>
        <StreamThumbnail stream={stream} />
        <bdi class="stream-name">{name ?? "Stream without a name"}</bdi>
        <span class="stream-detail">{pipeline_id}, since {since}</span>
      </a>
    </li>
  );
}

/** The ways to a stream, where there is none. */
function HowToBegin(): JSX.Element {
  const linkTo = (path: string) => serverUrl(path, location.href).href;
  return (
    <>
      <div class="ways">
        <a class="button primary" href={linkTo("/")}>
          <Icon name="camera" />
          <span>Open the live page</span>
        </a>
        <a class="button" href={linkTo("/cameras")}>
          <Icon name="grid" />
          <span>See the cameras</span>
        </a>
      </div>
      <p class="ways-aside">
        “Share” on the live page shows a link and a QR code that lead straight to its stream.
      </p>
    </>
  );
}

function isList(streams: StreamListState): streams is readonly SessionSummary[] {
  return Array.isArray(streams);
}

function describe(stage: StageState, streams: StreamListState): Explanation {
  if (stage.phase === "starting") return { title: "One moment", remedy: "" };
  if (stage.phase === "failed") return describeFailure(stage.why);
  if (streams === null) return { title: "Looking for streams", remedy: "" };
  if (!isList(streams)) return streams;
  return streams.length > 0 ? { title: "Choose a stream to watch", remedy: "" } : {
    title: "Nobody is streaming",
    remedy: "Start a camera, an image or a video on the live page, here or on another device. " +
      "It then appears in this list.",
  };
}

function describeFailure(why: Explanation): Explanation {
  if (why.asksForToken) return why;
  return { ...why, remedy: `${why.remedy} If it starts again, it is shown here.` };
}
