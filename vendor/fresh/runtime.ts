/** What pages and islands may use on the server and in the browser. @module */

import { ASSET_KEY, currentBuildId } from "./build_id.ts";

/**
 * Locks the path of a static file to the current build, so that browsers may keep it for a year.
 *
 * @example A stylesheet
 * ```tsx
 * <link rel="stylesheet" href={asset("/styles.css")} />;
 * ```
 */
export function asset(path: string): string {
  const url = new URL(path, "http://asset.invalid");
  url.searchParams.set(ASSET_KEY, currentBuildId());
  return url.pathname + url.search;
}
