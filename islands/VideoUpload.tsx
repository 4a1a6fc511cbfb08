import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ChooseRules } from "../components/ChooseRules.tsx";
import { ChooseVideo } from "../components/ChooseVideo.tsx";
import { DropTarget } from "../components/DropTarget.tsx";
import { fetchPipelines, firstChoice } from "../lib/client/pipelines.ts";
import { recall, remember } from "../lib/client/remember.ts";
import { videoLibrary } from "../lib/client/videos/video_library.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";

/** How long to wait before asking a silent server again. */
const RETRY_MS = 3000;

const STRIDES = [
  { stride: 1, name: "Every frame" },
  { stride: 2, name: "Every 2nd frame" },
  { stride: 5, name: "Every 5th frame" },
  { stride: 15, name: "Every 15th frame" },
];

/** Takes a video, by a button or dropped on the page, and what is to be done with it. */
export function VideoUpload({ videos, hasSets }: {
  videos: VideoSignals;
  /** Whether the server has sets of rules. */
  hasSets: boolean;
}): JSX.Element {
  const { frameStride } = videos;
  return (
    <section class="panel upload" aria-labelledby="upload-heading">
      <h2 id="upload-heading">Add a video</h2>
      <ChooseVideo videos={videos} />
      <PipelineSelect videos={videos} />
      <label class="select">
        <span class="hidden">Frames</span>
        <select
          value={frameStride.value}
          onChange={(event) => frameStride.value = Number(event.currentTarget.value)}
        >
          {STRIDES.map(({ stride, name }) => <option key={stride} value={stride}>{name}</option>)}
        </select>
      </label>
      <ChooseRules videos={videos} hasSets={hasSets} />
      <DropTarget onFile={(file) => videoLibrary(videos).send(file)} />
    </section>
  );
}

function PipelineSelect({ videos: { live } }: { videos: VideoSignals }): JSX.Element {
  const { pipelines, pipelineId } = live;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        pipelines.value = await fetchPipelines();
        pipelineId.value = firstChoice(pipelines.value, recall("livesyte.pipeline"));
      } catch {
        timer = setTimeout(load, RETRY_MS);
      }
    };
    load();
    return () => clearTimeout(timer);
  }, []);
  const choose = (event: JSX.TargetedEvent<HTMLSelectElement>) => {
    pipelineId.value = event.currentTarget.value;
    remember("livesyte.pipeline", event.currentTarget.value);
  };
  const list = pipelines.value;
  return (
    <label class="select">
      <span class="hidden">Pipeline</span>
      <select value={pipelineId.value ?? ""} disabled={list.length === 0} onChange={choose}>
        {list.length === 0 && <option value="">Pipeline</option>}
        {list.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}
