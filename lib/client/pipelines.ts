/** Knows the pipelines that the server offers. */

import * as v from "valibot";
import { PipelineListSchema, type PipelineSummary } from "../protocol/pipeline_list.ts";
import { atBase, serverUrl } from "./server_url.ts";

/**
 * Asks the server for its pipelines.
 *
 * @throws {Error} If it cannot be reached, or does not answer with a list.
 */
export async function fetchPipelines(
  request: (path: string) => Promise<Response> = (path) => fetch(path),
): Promise<PipelineSummary[]> {
  const response = await request(atBase("/pipelines"));
  if (!response.ok) throw new Error(`Cannot list the pipelines: HTTP ${response.status}`);
  const answer = await response.json();
  if (!v.is(PipelineListSchema, answer)) {
    throw new Error("Cannot list the pipelines: no list in the answer");
  }
  return answer.pipelines;
}

/** The pipeline to begin with: the one used last if it is still there, else the server's first. */
export function firstChoice(
  pipelines: readonly PipelineSummary[],
  remembered: string | null,
): string | null {
  return (pipelines.find(({ id }) => id === remembered) ?? pipelines[0])?.id ?? null;
}

/**
 * The address of a pipeline's stream.
 *
 * @param page Address of the page; its `token` and its `rules`, a set of the server's, are passed on if it has them.
 * @param naming.name What others see the stream called.
 * @param naming.streamKey A secret by which the stream is the same after a reconnect.
 */
export function streamUrl(
  page: string,
  pipelineId: string,
  { name, streamKey }: { name: string; streamKey: string },
): string {
  const url = serverUrl("/ws/video/stream", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("pipeline_id", pipelineId);
  url.searchParams.set("name", name);
  url.searchParams.set("stream_key", streamKey);
  const rules = new URL(page).searchParams.get("rules");
  if (rules !== null) url.searchParams.set("rules", rules);
  return url.href;
}
