/**
 * Reports the progress of a job to a client over a WebSocket.
 *
 * @module
 */

import { type JobMessage, PingSchema } from "../../protocol/job_socket.ts";
import { parseMessage } from "../../protocol/parse_message.ts";
import { JobNotFoundError } from "../errors.ts";
import { isFinished, type Job, toJobView } from "./job.ts";
import type { JobStore } from "./job_store.ts";

/** Bytes that may wait for a client that does not read. */
const MAX_BUFFERED_BYTES = 1_048_576;

/**
 * Sends a job as it is now and after every change, up to its end; then closes with 1000.
 *
 * For a job that does not exist (any more) it sends `job_not_found` and closes with 1008. `{"type":"ping"}` is answered with
 * `{"type":"pong"}`.
 *
 * @param socket Open
 */
export function watchJob(socket: WebSocket, store: JobStore, id: string): void {
  const subscriptions: (() => void)[] = [];
  const leave = () => {
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe();
  };
  const close = (code: number, reason: string) => {
    leave();
    if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
  };
  const send = (message: JobMessage) => {
    if (socket.readyState !== WebSocket.OPEN) return leave();
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return close(1008, "slow_reader");
    socket.send(JSON.stringify(message));
  };
  const sendJob = (job: Job) => {
    send(toJobView(job));
    if (isFinished(job.status)) close(1000, "job_finished");
  };
  const sendNotFound = (detail: string) => {
    send({ error: "job_not_found", detail });
    close(1008, "job_not_found");
  };

  socket.addEventListener("message", ({ data }) => {
    if (isPing(data)) send({ type: "pong" });
  });
  socket.addEventListener("close", leave);
  for (const event of ["status", "progress"] as const) {
    subscriptions.push(store.on(event, sendJob, id));
  }
  subscriptions.push(store.on("removed", () => sendNotFound("The job has been removed"), id));
  try {
    sendJob(store.get(id));
  } catch (error) {
    if (error instanceof JobNotFoundError) sendNotFound(error.message);
    else close(1011, "internal_error");
  }
}

function isPing(data: unknown): boolean {
  return typeof data === "string" && data.length <= 100 && parseMessage(PingSchema, data) !== null;
}
