import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { asset } from "fresh/runtime";
import { useEffect, useRef } from "preact/hooks";
import { DropTarget } from "../components/DropTarget.tsx";
import { Notice } from "../components/Notice.tsx";
import { askForFile } from "../lib/client/live/file_input.ts";
import { type LiveSession, liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { recall, remember } from "../lib/client/remember.ts";
import { isShortcut } from "../lib/client/live/shortcuts.ts";
import { atBase } from "../lib/client/server_url.ts";

/** Shows the source, or says what to do while there is none. */
export function CameraPreview({ live, host }: {
  live: LiveSignals;
  /** Name of the server, for the person to know where frames go. */
  host: string;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const image = useRef<HTMLCanvasElement>(null);
  const stage = live.stage.value;
  const shown = stage.phase === "running" ? stage.kind : null;

  useEffect(() => {
    if (video.current === null || image.current === null) return;
    const session = liveSession(live);
    session.attach({ video: video.current, image: image.current });
    startAsLastTime(session);
    return listenToPage(live, session);
  }, []);
  useSignalEffect(() => rememberCamera(live));

  return (
    <>
      <video
        ref={video}
        class="source"
        data-shown={shown === "camera" || shown === "video"}
        data-fill={live.fillsStage.value}
        data-mirrored={stage.phase === "running" && stage.isMirrored}
        aria-label={shown === "video" ? "The video file" : "The camera"}
        muted
        playsInline
      />
      <canvas
        ref={image}
        class="source"
        width={0}
        height={0}
        data-shown={shown === "image"}
        data-fill={live.fillsStage.value}
        role="img"
        aria-label="The image"
      />
      <Notice
        stage={stage}
        host={host}
        onStart={() => liveSession(live).startCamera()}
        onOpen={askForFile}
        onSample={() => openSample(liveSession(live))}
      />
      <DropTarget onFile={(file) => liveSession(live).startFile(file)} />
    </>
  );
}

/** The permission is asked for only when the person starts the camera, so the first visit starts nothing. */
async function startAsLastTime(session: LiveSession): Promise<void> {
  if (!await session.checkToken()) return;
  const cameraId = recall("livesyte.camera");
  if (cameraId === null) return;
  try {
    const permission = await navigator.permissions.query({ name: "camera" as PermissionName });
    if (permission.state === "granted") await session.startCamera({ preferred: cameraId });
  } catch {
    // Some browsers cannot tell whether the camera is permitted. The button is there.
  }
}

/** Shows the image that comes with the page, for those who only want to see what this does. */
async function openSample(session: LiveSession): Promise<void> {
  const answer = await fetch(atBase(asset("/sample.jpg"))).catch(() => null);
  // What is no image is told as any file that is none.
  const image = answer === null ? new Blob() : await answer.blob();
  await session.startFile(new File([image], "sample.jpg", { type: "image/jpeg" }));
}

function rememberCamera({ stage, cameraId }: LiveSignals): void {
  if (stage.value.phase === "stopped") remember("livesyte.camera", null);
  if (stage.value.phase === "running" && stage.value.kind === "camera") {
    remember("livesyte.camera", cameraId.value ?? "");
  }
}

function listenToPage({ stage }: LiveSignals, session: LiveSession): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (!isShortcut(event, " ")) return;
    event.preventDefault();
    const { phase } = stage.value;
    if (phase === "running" || phase === "starting") session.stop();
    else session.startCamera();
  };
  const controller = new AbortController();
  const { signal } = controller;
  const onVisibility = () => session.setVisible(!document.hidden);
  document.addEventListener("keydown", onKey, { signal });
  document.addEventListener("visibilitychange", onVisibility, { signal });
  // Missing where the page is not secure.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  const onDevices = () => {
    session.wake();
    session.refreshCameras();
  };
  devices?.addEventListener("devicechange", onDevices, { signal });
  globalThis.addEventListener("online", () => session.wake(), { signal });
  return () => controller.abort();
}
