import type { JSX } from "preact";
import { explainCameraFailure, formatFps } from "../lib/client/cameras/camera_words.ts";
import { Icon } from "./Icon.tsx";
import type { TestOutcome } from "./use_camera_form.ts";

/** What the server sees at an address, or why it sees nothing; as large before as after. */
export function CameraTestResult({ test }: { test: TestOutcome }): JSX.Element {
  return (
    <div class="test screen" role="status">
      <Outcome test={test} />
    </div>
  );
}

function Outcome({ test }: { test: TestOutcome }): JSX.Element {
  if (test === null) {
    return <p>Test the address to see what the server sees there.</p>;
  }
  if (test === "running") {
    return (
      <>
        <span class="busy" aria-hidden="true" />
        <p>Opening the address takes up to ten seconds.</p>
      </>
    );
  }
  if (!test.ok) {
    const { title, remedy } = explainCameraFailure({ code: test.error, detail: test.detail });
    return (
      <>
        <Icon name="alert" />
        <p>
          <strong>{title}.</strong> {remedy}
        </p>
      </>
    );
  }
  const { width, height, fps, codec, jpeg } = test;
  return (
    <>
      <img src={`data:image/jpeg;base64,${jpeg}`} alt="What the camera sees" />
      <p class="test-facts">
        {width}×{height} · {codec}
        {fps !== null && ` · ${formatFps(fps)} FPS`}
      </p>
    </>
  );
}
