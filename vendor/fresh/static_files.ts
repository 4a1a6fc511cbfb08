import type { ServedFile } from "./build_cache.ts";
import { ASSET_KEY, currentBuildId } from "./build_id.ts";
import { getBuildCache } from "./context.ts";
import type { Middleware } from "./types.ts";

/** A middleware that serves the files of the static directory and the modules of the islands. */
export function staticFiles<State>(): Middleware<State> {
  return async (ctx) => {
    const { req, url } = ctx;
    const file = await getBuildCache(ctx).findFile(decodeURIComponent(url.pathname));
    if (file === undefined) return await ctx.next();
    const assetKey = url.searchParams.get(ASSET_KEY);
    if (assetKey !== null && assetKey !== currentBuildId()) {
      url.searchParams.delete(ASSET_KEY);
      return new Response(null, { status: 307, headers: { location: url.pathname + url.search } });
    }
    const isLocked = assetKey !== null ||
      url.pathname.startsWith(`/_fresh/js/${currentBuildId()}/`);
    return await respond(req, file, isLocked);
  };
}

async function respond(req: Request, file: ServedFile, isLocked: boolean): Promise<Response> {
  const etag = `W/"${file.hash}"`;
  const headers = new Headers({
    "Content-Type": file.contentType,
    "Vary": "If-None-Match",
    "Etag": etag,
    "Cache-Control": isLocked
      ? "public, max-age=31536000, immutable"
      : "no-cache, no-store, max-age=0, must-revalidate",
  });
  if (req.headers.get("If-None-Match") === etag) {
    return new Response(null, { status: 304, headers });
  }
  const size = "content" in file ? file.content.byteLength : (await Deno.stat(file.path)).size;
  headers.set("Content-Length", `${size}`);
  if (req.method === "HEAD") return new Response(null, { headers });
  const body = "content" in file ? file.content : (await Deno.open(file.path)).readable;
  return new Response(body, { headers });
}
