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
  return /\/_fresh\/js\/([^/]+)/.exec(import.meta.url)?.[1] ?? buildId;
}

/** The identifier of a new build: that of the deployment or the commit where there is one, as in Fresh. */
export async function newBuildId(): Promise<string> {
  const id = Deno.env.get("DENO_DEPLOYMENT_ID") || Deno.env.get("GITHUB_SHA") ||
    Deno.env.get("CI_COMMIT_SHA") || crypto.randomUUID();
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(id));
  return new Uint8Array(digest).toHex();
}
