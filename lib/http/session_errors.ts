/**
 * What clients are told of sessions that are not there.
 *
 * @module
 */

import { cutText } from "../cut_text.ts";
import { ApiError } from "./api.ts";

/** The answer where there is no session of an id, which is repeated in it. */
export function unknownSession(id: string): ApiError {
  return new ApiError(404, "session_not_found", `Unknown session_id: ${cutText(id, 64)}`);
}
