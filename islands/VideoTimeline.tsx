import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "../components/Icon.tsx";
import { apiUrl } from "../lib/client/server_api.ts";
import { className } from "../lib/image/captions.ts";
import { pageColors } from "../lib/client/overlay/present_colors.ts";
import { videoPlayer } from "../lib/client/videos/video_player.ts";
import type { LoadedResults, VideoSignals } from "../lib/client/videos/video_signals.ts";
import {
  buildTimeline,
  describeCount,
  describeLost,
  describeRow,
  nextAppearance,
  type TimelineRow,
} from "../lib/client/videos/video_timeline.ts";

/** Rows that are shown at first, those that were seen longest. */
const FIRST_ROWS = 8;

/** More rows than these nobody reads; the files to download have all. */
const MAX_ROWS = 40;

/** Shows what was seen when, and gives the results away. */
export function VideoTimeline({ videos }: { videos: VideoSignals }): JSX.Element {
  const rows = useComputed(() =>
    buildTimeline(videos.results.value?.results ?? [], {
      minimumConfidence: videos.live.minimumConfidence.value,
      events: videos.results.value?.events ?? [],
    })
  );
  const loaded = videos.results.value;
  return (
    <section class="timeline" data-empty={loaded === null} aria-labelledby="timeline-heading">
      <div class="timeline-head">
        <h2 id="timeline-heading">What was seen, and when</h2>
        {loaded !== null && <Downloads loaded={loaded} />}
      </div>
      <Body videos={videos} loaded={loaded} rows={rows.value} />
    </section>
  );
}

function Body({ videos, loaded, rows }: {
  videos: VideoSignals;
  loaded: LoadedResults | null;
  rows: TimelineRow[];
}): JSX.Element {
  if (loaded === null) {
    return <p class="empty">The objects and text found in a video appear here.</p>;
  }
  const lost = describeLost(loaded.results);
  if (rows.length === 0) {
    return <p class="empty">{lost ?? "Nothing is recognised in this video."}</p>;
  }
  return (
    <>
      <Tracks key={loaded.jobId} videos={videos} rows={rows} duration={lengthOf(videos, loaded)} />
      {lost !== null && <p class="empty">{lost}</p>}
    </>
  );
}

/** The first rows, and the others on request. */
function Tracks({ videos, rows, duration }: {
  videos: VideoSignals;
  rows: TimelineRow[];
  duration: number;
}): JSX.Element {
  const showsAll = useSignal(false);
  const shown = rows.slice(0, showsAll.value ? MAX_ROWS : FIRST_ROWS);
  const others = Math.min(rows.length, MAX_ROWS) - FIRST_ROWS;
  return (
    <>
      <ul class="tracks" style={{ "--playhead": videos.time.value / duration }}>
        {shown.map((row) => (
          <Track
            key={`${row.kind} ${row.of} ${row.label}`}
            videos={videos}
            row={row}
            duration={duration}
          />
        ))}
      </ul>
      {others > 0 && (
        <button
          type="button"
          class="button"
          aria-expanded={showsAll.value}
          onClick={() => showsAll.value = !showsAll.value}
        >
          {showsAll.value ? "Show fewer" : `Show ${others} more`}
        </button>
      )}
      {showsAll.value && rows.length > MAX_ROWS && (
        <p class="empty">{rows.length - MAX_ROWS} more are in the files to download.</p>
      )}
    </>
  );
}

/** In seconds; a browser that cannot play the video does not know its length. */
function lengthOf({ duration }: VideoSignals, { results }: LoadedResults): number {
  return Math.max(duration.value, (results.at(-1)?.timestamp_ms ?? 0) / 1000, 0.001);
}

function Track({ videos, row, duration }: {
  videos: VideoSignals;
  row: TimelineRow;
  duration: number;
}): JSX.Element {
  const { kind, label, class_id, spans } = row;
  const isClass = kind === "object" || kind === "class";
  const color = !isClass ? "var(--text-muted)" : pageColors.of(class_id).fill;
  const seek = (event: JSX.TargetedPointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    videoPlayer(videos).seek(share * duration);
  };
  const drag = (event: JSX.TargetedPointerEvent<HTMLDivElement>) => {
    if (event.buttons === 1) seek(event);
  };
  return (
    <li style={{ "--label-color": color }}>
      <button
        type="button"
        class="track-name"
        title={`Go to the next ${label}`}
        onClick={() => videoPlayer(videos).seek(nextAppearance(row, videos.time.peek()))}
      >
        <span class="track-swatch" />
        <span class="track-label">{isClass ? className(label) : label}</span>
        <span class="tally">{describeCount(row)}</span>
      </button>
      <div
        class="lane"
        role="img"
        aria-label={describeRow(row)}
        onPointerDown={seek}
        onPointerMove={drag}
      >
        {spans.map(({ start, end }) => (
          <span
            key={start}
            style={{
              "--start": start / duration,
              "--length": Math.min(1, end / duration) - start / duration,
            }}
          />
        ))}
      </div>
    </li>
  );
}

function Downloads({ loaded: { jobId, events } }: { loaded: LoadedResults }): JSX.Element {
  const href = (format: string) => apiUrl(location.href, `/video/results/${jobId}`, { format });
  return (
    <div class="group">
      <a class="button" href={href("jsonl")} download>
        <Icon name="save" />
        <span>JSON lines</span>
      </a>
      <a class="button" href={href("csv")} download>
        <Icon name="save" />
        <span>CSV</span>
      </a>
      {events.length > 0 && (
        <a
          class="button"
          href={apiUrl(location.href, `/video/events/${jobId}`, { format: "csv" })}
          download
        >
          <Icon name="save" />
          <span>Events</span>
        </a>
      )}
      <AnnotatedButton key={jobId} jobId={jobId} />
    </div>
  );
}

/** The server makes the video when it is asked for, which can take a while. */
function AnnotatedButton({ jobId }: { jobId: string }): JSX.Element {
  const state = useSignal<"ready" | "making" | "failed">("ready");
  const words = { ready: "Annotated MP4", making: "Making it…", failed: "It failed" };
  const save = async () => {
    const url = apiUrl(location.href, `/video/annotated/${jobId}`);
    state.value = "making";
    const answer = await fetch(url, { method: "HEAD" }).catch(() => undefined);
    state.value = answer?.ok ? "ready" : "failed";
    if (answer?.ok) location.assign(url);
  };
  return (
    <button type="button" class="button" disabled={state.value === "making"} onClick={save}>
      <Icon name="save" />
      <span role="status">{words[state.value]}</span>
    </button>
  );
}
