/** Watches cameras of the server, as the page for viewers watches streams. */

import type { LiveSignals } from "../live/live_signals.ts";
import { WatchSession } from "../watch/watch_session.ts";
import { cameraSocketUrl } from "./camera_api.ts";

/** Makes what shows one camera on one canvas; it watches nothing before `start`, with the camera's id. */
export function createCameraSession(live: LiveSignals): WatchSession {
  return new WatchSession(live, { watchUrl: (id) => cameraSocketUrl(location.href, id) });
}

let pageSession: WatchSession | undefined;

/** The session of the camera that is shown large, which the islands share; made on the first call. */
export function largeCameraSession(live: LiveSignals): WatchSession {
  return pageSession ??= createCameraSession(live);
}
