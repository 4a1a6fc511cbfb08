import * as v from "valibot";
import { LoadClient } from "../load_client.ts";
import { runThisProject, type ServerProcess, startServerProcess } from "../server_process.ts";
import type { Contestant } from "./contestant.ts";
import { measureFrames } from "./measure_frames.ts";
import { PeerError } from "./peer_answers.ts";

/** What is used of the report of `deno task evaluate --json`. */
const ReportSchema = v.object({
  in_use: v.object({ all: v.object({ map50_95: v.number() }) }),
});

/** What to measure, and with what. */
export interface ServerContestantOptions {
  /** What it is called. */
  name: string;
  /** Environment variables of livesyte, beside those of this process. */
  settings: Record<string, string>;
  /** A JPEG. */
  frame: Uint8Array;
  /** Folder of labelled images, if there is one. */
  folder: string | undefined;
}

/**
 * Starts a server of livesyte. Its frames go through a WebSocket, as those of a camera do, and that is a part of their time.
 *
 * @throws {PeerError} If it does not start
 */
export async function startServerContestant(
  { name, settings, frame, folder }: ServerContestantOptions,
): Promise<Contestant> {
  const server = await startServer(settings);
  const client = await LoadClient.connect(server.url);
  const run = async () => {
    const answer = await client.ask(frame);
    if ("result" in answer) return;
    throw new PeerError(`Cannot measure ${name}: it answered ${JSON.stringify(answer)}`);
  };
  const ready = server.log.find(({ event }) => event === "pipeline_ready");
  return {
    name,
    ...(ready !== undefined && { note: String(ready.message) }),
    isOwn: true,
    measure: (pace) => measureFrames({ run, cpuSeconds: () => cpuSeconds(server) }, pace),
    async evaluate() {
      const json = await runThisProject(["evaluate", "--json", folder ?? ""], settings)
        .catch((cause) => {
          throw new PeerError(`Cannot evaluate ${name}: ${lastLine(cause)}`, { cause });
        });
      return v.parse(ReportSchema, JSON.parse(json)).in_use.all.map50_95;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

/**
 * Starts a server whose sessions may wait for their turn as long as they have to.
 *
 * @throws {PeerError} If it does not start
 */
export async function startServer(settings: Record<string, string>): Promise<ServerProcess> {
  return await startServerProcess({ ...settings, STREAM_IDLE_TIMEOUT_S: "0" }).catch((cause) => {
    throw new PeerError(`Cannot start livesyte: ${lastLine(cause)}`, { cause });
  });
}

/** What all threads of a server have worked since it started, in seconds. */
export async function cpuSeconds({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(new URL("metrics", url))).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}

/** The sentence for people with which a process has ended. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n").at(-1)?.replace(/^(The server ended: )?livesyte: /, "") ?? "";
}
