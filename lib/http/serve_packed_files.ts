import type { Context } from "fresh";
import { asset } from "fresh/runtime";
import { type PackedFiles, packedTypeOf, readPackedFiles, type Variant } from "./packed_files.ts";

/** A middleware that serves packed files in the encoding that the client likes best, and passes on what is not packed. */
export function servePackedFiles<State>(): (ctx: Context<State>) => Promise<Response> {
  // Read at the first request, when the build is known.
  let files: Promise<PackedFiles> | undefined;
  return async (ctx) => {
    const { req, url } = ctx;
    const [parameter, buildId] = buildLock();
    const lock = url.searchParams.get(parameter);
    const variants = (await (files ??= readPackedFiles(buildId))).get(url.pathname);
    // Fresh leads an address with the lock of another build to the file of this one.
    if (variants === undefined || (lock !== null && lock !== buildId)) return await ctx.next();
    const { encoding, body, etag } = chooseVariant(variants, req.headers.get("Accept-Encoding"));
    const isLocked = lock !== null || url.pathname.startsWith("/_fresh/js/");
    const headers = new Headers({
      "Cache-Control": isLocked ? "public, max-age=31536000, immutable" : "no-cache",
      "Content-Type": packedTypeOf(url.pathname) ?? "",
      "ETag": etag,
      "Vary": "Accept-Encoding",
    });
    if (isKnown(req.headers.get("If-None-Match"), etag)) {
      return new Response(null, { status: 304, headers });
    }
    if (encoding !== "identity") headers.set("Content-Encoding", encoding);
    headers.set("Content-Length", String(body.length));
    return new Response(req.method === "HEAD" ? null : body, { headers });
  };
}

/** The query parameter by which Fresh locks an address to the build that this process serves, and its value, the id of the build. */
function buildLock(): [parameter: string, buildId: string] {
  const [[parameter = "", id = ""] = []] = new URL(asset("/"), "http://localhost").searchParams;
  return [parameter, id];
}

/** The variant that the client likes best (RFC 9110, section 12.5.3); of those it likes alike, the smallest. */
function chooseVariant(variants: readonly Variant[], accepted: string | null): Variant {
  const qualities = new Map<string, number>();
  for (const part of (accepted ?? "").toLowerCase().split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((each) => each.trim());
    const quality = parameters.find((each) => each.startsWith("q="))?.slice(2) ?? "1";
    qualities.set(coding, Number(quality) || 0);
  }
  const qualityOf = ({ encoding }: Variant) =>
    qualities.get(encoding) ?? (encoding === "identity" ? 0 : qualities.get("*") ?? 0);
  // Begins with the file as it is, which nobody has to name.
  return variants.toReversed().reduce((best, each) => {
    const quality = qualityOf(each);
    return quality > 0 && quality >= qualityOf(best) ? each : best;
  });
}

function isKnown(condition: string | null, etag: string): boolean {
  const known = (condition ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
