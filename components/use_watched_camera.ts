import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { cameraLibrary } from "../lib/client/cameras/camera_library.ts";
import type { CameraSignals } from "../lib/client/cameras/camera_signals.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { onReturn } from "../lib/client/on_return.ts";
import type { WatchSession } from "../lib/client/watch/watch_session.ts";
import { useOnScreen } from "./use_on_screen.ts";

/** What is scrolled past is not worth starting a camera. */
const SETTLE_MS = 200;

/**
 * Watches a camera on a canvas as long as that is on screen, on a page that is seen, so that cameras run only for
 * those who look.
 *
 * @param options.isWanted Whether it is to be watched at all
 * @returns Whether the canvas has shown a frame
 */
export function useWatchedCamera(
  canvas: RefObject<HTMLCanvasElement>,
  { id, signals, live, session, isWanted }: {
    id: string;
    signals: CameraSignals;
    live: LiveSignals;
    session: () => WatchSession;
    isWanted: boolean;
  },
): ReadonlySignal<boolean> {
  const hasFrame = useSignal(false);
  const isSeen = useOnScreen(canvas);
  const isWatching = isSeen.value && isWanted;
  useEffect(() => {
    if (!isWatching) return;
    const timer = setTimeout(() => {
      if (canvas.current !== null) session().start(id, canvas.current);
    }, SETTLE_MS);
    const stopWaking = onReturn(() => session().wake());
    return () => {
      clearTimeout(timer);
      stopWaking();
      session().stop();
    };
  }, [isWatching, id]);
  useSignalEffect(() => {
    if (live.stage.value.phase === "running") hasFrame.value = true;
  });
  useSignalEffect(() => {
    // Its state is another now than when the list was fetched.
    if (hasFrame.value) cameraLibrary(signals).refresh();
  });
  return hasFrame;
}
