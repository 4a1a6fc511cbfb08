/**
 * Reads which video jobs a client wants to be removed at once.
 *
 * @module
 */

import { cutText } from "../cut_text.ts";
import { FINISHED_STATUSES } from "../video/jobs/job.ts";
import type { FinishedJobs } from "../video/jobs/job_table.ts";
import { ApiError } from "./api.ts";

const HOUR_MS = 3_600_000;

/** Some hundred years. */
const MAX_HOURS = 1_000_000;

/** Parameters that mean something here; the token is looked at elsewhere. */
const KNOWN = ["status", "older_than_h", "token"];

const STATUSES = [...FINISHED_STATUSES, "all"] as const;

/**
 * Reads a query: `status` is one in which jobs are finished, or `all`, and `older_than_h` a number of hours, fractions allowed.
 *
 * What is removed does not come back, so nothing is guessed: a query that says nothing, says it twice, or says anything else too,
 * is refused.
 *
 * @throws {ApiError} With 400 if the query does not say clearly which jobs are meant
 */
export function readClearQuery(query: URLSearchParams): FinishedJobs {
  for (const name of query.keys()) {
    if (!KNOWN.includes(name)) {
      throw badRequest(`Unknown query parameter ${JSON.stringify(cutText(name, 64))}`);
    }
    if (query.getAll(name).length > 1) throw badRequest(`Query parameter ${name} is there twice`);
  }
  const status = readStatus(query.get("status"));
  const olderThanMs = readHours(query.get("older_than_h"));
  if (status === undefined && olderThanMs === undefined) {
    throw badRequest(
      `Say which jobs are to be removed: status (${STATUSES.join(", ")}), older_than_h, or both`,
    );
  }
  return {
    ...(status !== undefined && status !== "all" && { status }),
    ...(olderThanMs !== undefined && { olderThanMs }),
  };
}

function readStatus(text: string | null): typeof STATUSES[number] | undefined {
  if (text === null) return undefined;
  const status = STATUSES.find((name) => name === text);
  if (status !== undefined) return status;
  const remedy = text === "pending" || text === "processing" ? "; cancel other jobs first" : "";
  throw badRequest(`Query parameter status must be one of ${STATUSES.join(", ")}${remedy}`);
}

function readHours(text: string | null): number | undefined {
  if (text === null) return undefined;
  const hours = /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : NaN;
  if (hours <= MAX_HOURS) return hours * HOUR_MS;
  throw badRequest(`Query parameter older_than_h must be a number between 0 and ${MAX_HOURS}`);
}

function badRequest(detail: string): ApiError {
  return new ApiError(400, "bad_request", detail);
}
