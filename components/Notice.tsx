import type { JSX } from "preact";
import type { Explanation } from "../lib/client/explanation.ts";
import type { StageState } from "../lib/client/live/live_signals.ts";
import { explainCameraFailure } from "../lib/client/live/camera.ts";
import { Icon } from "./Icon.tsx";
import { TokenForm } from "./TokenForm.tsx";
import { useAfterMount } from "./use_after_mount.ts";

/** What is said in place of an image. */
export function Notice({ stage, host, onStart, onOpen, onSample }: {
  stage: StageState;
  /** Name of the server. */
  host: string;
  onStart: () => void;
  /** Asks for a file. */
  onOpen: () => void;
  /** Takes an image that comes with the page. */
  onSample: () => void;
}): JSX.Element | null {
  const isInsecure = useAfterMount(() => !isSecureContext);
  if (stage.phase === "running") return null;
  const explanation = describe(stage, isInsecure);
  const { title, remedy } = explanation;
  return (
    <div class="notice" data-phase={stage.phase}>
      <div class="notice-body" role={stage.phase === "failed" ? "alert" : undefined}>
        {stage.phase === "failed" && (
          <span class="notice-mark">
            <Icon name="alert" />
          </span>
        )}
        <h2>{title}</h2>
        {remedy !== "" && <p>{remedy}</p>}
      </div>
      {stage.phase === "starting"
        ? <span class="busy" aria-hidden="true" />
        : explanation.asksForToken
        ? <TokenForm />
        : (
          <NextSteps
            needsFile={isInsecure || (explanation.needsFile ?? false)}
            canStart={!isInsecure}
            onStart={onStart}
            onOpen={onOpen}
          />
        )}
      {stage.phase === "welcome" && (
        <div class="notice-aside">
          <p>
            An image or a video works too: open it<span class="mouse-only">, or drop it here</span>
            . <button type="button" class="link" onClick={onSample}>Try a sample image</button>
          </p>
          <p>
            Frames go only to <strong>{host}</strong>, this page’s server, and are not kept.
          </p>
        </div>
      )}
    </div>
  );
}

/** What the person can do: to start the camera or, where that will not work, to open a file first of all. */
function NextSteps({ needsFile, canStart, onStart, onOpen }: {
  needsFile: boolean;
  /** Whether the browser shares cameras with this page at all. */
  canStart: boolean;
  onStart: () => void;
  onOpen: () => void;
}): JSX.Element {
  return (
    <div class="notice-steps">
      {needsFile && (
        <button type="button" class="button primary" onClick={onOpen}>
          <Icon name="open" />
          <span>Open file</span>
        </button>
      )}
      {canStart && (
        <button type="button" class={needsFile ? "button" : "button primary"} onClick={onStart}>
          <Icon name="camera" />
          <span>Start camera</span>
        </button>
      )}
    </div>
  );
}

function describe(
  stage: Exclude<StageState, { phase: "running" }>,
  isInsecure: boolean,
): Explanation {
  switch (stage.phase) {
    case "welcome":
      // Told before somebody has pressed a button that cannot work.
      if (isInsecure) return explainCameraFailure("insecure_context");
      return { title: "See what your camera sees, named as it happens", remedy: "" };
    case "starting":
      return { title: "One moment", remedy: "Your browser may ask whether to share the camera." };
    case "stopped":
      return { title: "Stopped", remedy: "The camera is off, and nothing is sent." };
    case "failed":
      return stage.why;
  }
}
