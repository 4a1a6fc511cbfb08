/** The query parameter that locks the URL of a static file to a build. */
export const ASSET_KEY = "__frsh_c";

let buildId = "development";

/** Sets the identifier of the build that this process serves. */
export function setBuildId(id: string): void {
  buildId = id;
}

/** The identifier of the current build: in a browser it is a part of the URL of every chunk. */
export function currentBuildId(): string {
  if (typeof document === "undefined") return buildId;
  return new URL(import.meta.url).pathname.split("/")[3] ?? buildId;
}
