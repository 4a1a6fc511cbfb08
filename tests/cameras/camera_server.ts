/** A real server with cameras whose sources are real, and a pipeline that finds one thing at once. */

import { DOG_VIDEO } from "../video/media.ts";
import type { CameraView } from "../../lib/protocol/camera.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../routes/test_server.ts";
import { waitFor } from "../video/wait_for.ts";

/** What is found in every frame. */
export const FOUND: PipelineResult = {
  image: { width: 640, height: 480 },
  detections: [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [100, 100, 300, 200] }],
  text_blocks: [],
  text: "",
  text_frame_index: null,
  timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
  models: { detector: "fake", recognizer: null },
};

/** The address of a video that is played in a loop. */
export const DOG_URL = new URL(`file://${DOG_VIDEO}`).href;

/** A server, and what its pipeline was asked. */
export interface CameraServer extends AsyncDisposable {
  server: TestServer;
  /** Priorities of the frames that were looked at, by session. */
  looks: Map<string, string[]>;
  /** Sends JSON. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** Adds a camera named `door`. @throws {Error} If it is refused */
  add(changes?: Record<string, unknown>): Promise<CameraView>;
  /** What clients are told of a camera. */
  view(id?: string): Promise<CameraView>;
  /** Waits until it is in a state. */
  becomes(state: string, timeoutMs?: number): Promise<void>;
  /** Its WebSocket's address. */
  socketUrl(query?: string, id?: string): string;
}

/** Starts it. */
export async function startCameraServer(
  { environment = {}, ...options }: TestServerOptions = {},
): Promise<CameraServer> {
  const looks = new Map<string, string[]>();
  const server = await startTestServer({
    processor: {
      isValidPipeline: (id) => ["test", "other"].includes(id),
      runOnFrame: (_pipelineId, _index, _bytes, sessionId, { priority }) => {
        looks.set(sessionId, [...looks.get(sessionId) ?? [], priority]);
        return Promise.resolve(FOUND);
      },
    },
    environment: { CAMERA_IDLE_GRACE_S: "1", ...environment },
    ...options,
  });
  const { cameras } = server.services;
  await cameras.load();
  cameras.start();
  const send = (method: string, path: string, body?: unknown) =>
    server.fetch(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const door = { id: "door", name: "Door", url: DOG_URL, pipeline_id: "test" };
  return {
    server,
    looks,
    send,
    async add(changes = {}) {
      const response = await send("POST", "/camera", { ...door, ...changes });
      if (response.status !== 201) throw new Error(await response.text());
      return await response.json();
    },
    view: async (id = "door") => await (await server.fetch(`/camera/${id}`)).json(),
    becomes: (state, timeoutMs) =>
      waitFor(() => cameras.get("door").stream.session.state === state, timeoutMs),
    socketUrl: (query = "", id = "door") => `ws://${server.host}/ws/cameras/${id}${query}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Process ids of the decode processes of this process. */
export function decoders(): number[] {
  const ids = [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((name) =>
    /^\d+$/.test(name)
  );
  return ids.filter((id) => {
    try {
      const parent = /\) \w (\d+)/.exec(Deno.readTextFileSync(`/proc/${id}/stat`))?.[1];
      return Number(parent) === Deno.pid &&
        Deno.readTextFileSync(`/proc/${id}/cmdline`).includes("decode_process");
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }).map(Number);
}
