import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../components/Icon.tsx";
import { FILE_INPUT } from "../lib/client/live/file_input.ts";
import { liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

const FILE_OPTION = "file";

/** Chooses what the frames come from. */
export function SourceControls({ live }: { live: LiveSignals }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const open = (event: JSX.TargetedEvent<HTMLInputElement>) => {
    const file = event.currentTarget.files?.[0];
    // Emptied, so that the same file can be opened again.
    event.currentTarget.value = "";
    if (file !== undefined) liveSession(live).startFile(file);
  };
  return (
    <div class="group">
      <CameraSelect live={live} />
      <FlipButton live={live} />
      <button
        type="button"
        class="button"
        aria-label="Open file: an image or a video"
        title="Open an image or a video"
        onClick={() => input.current?.click()}
      >
        <Icon name="open" />
        <span class="wide-only">Open file</span>
      </button>
      <input
        ref={input}
        id={FILE_INPUT}
        type="file"
        accept="image/*,video/*"
        hidden
        onChange={open}
      />
    </div>
  );
}

function CameraSelect({ live }: { live: LiveSignals }): JSX.Element | null {
  const stage = live.stage.value;
  const cameras = live.cameras.value;
  const file = stage.phase === "running" && stage.kind !== "camera" ? stage.name : null;
  if (cameras.length === 0 && file === null) return null;
  const choose = (event: JSX.TargetedEvent<HTMLSelectElement>) => {
    const id = event.currentTarget.value;
    if (id !== FILE_OPTION) liveSession(live).startCamera(id === "" ? null : { id });
  };
  return (
    <label class="select">
      <span class="hidden">Source</span>
      <select value={file === null ? live.cameraId.value ?? "" : FILE_OPTION} onChange={choose}>
        {file !== null && <option value={FILE_OPTION}>{file}</option>}
        {(cameras.length === 0 || live.cameraId.value === null) && <option value="">Camera</option>}
        {cameras.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}

/** Turns between the front and the back camera of a phone. */
function FlipButton({ live }: { live: LiveSignals }): JSX.Element | null {
  const facing = useRef<"user" | "environment">("user");
  if (live.cameras.value.length < 2 || live.cameraId.value === null) return null;
  const flip = () => {
    facing.current = facing.current === "user" ? "environment" : "user";
    liveSession(live).startCamera({ facing: facing.current });
  };
  return (
    <button
      type="button"
      class="button touch-only"
      aria-label="Front or back camera"
      onClick={flip}
    >
      <Icon name="flip" />
    </button>
  );
}
