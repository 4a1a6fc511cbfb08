import type { Middleware } from "./types.ts";

/** Options for {@linkcode csp}. */
export interface CSPOptions {
  /** Only reports what the policy would have blocked. @default {false} */
  reportOnly?: boolean;
  /** The URL to which browsers report violations. */
  reportTo?: string;
  /** Directives that are added to the default ones, or replace those of the same name. */
  csp?: string[];
  /**
   * On rendered pages, allows the inline scripts and styles that carry the nonce of the page instead
   * of all inline ones.
   *
   * @default {false}
   */
  useNonce?: boolean;
}

/** The property of a rendered response that holds the nonce of its scripts and styles. */
export const NONCE: unique symbol = Symbol.for("__freshNonce");

const DEFAULT_DIRECTIVES = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "upgrade-insecure-requests",
];
const INLINE_DIRECTIVE = /^(?:default-src|script-src(?:-elem)?|style-src(?:-elem|-attr)?) /;

/** A middleware that sets the Content-Security-Policy header. */
export function csp<State>(options: CSPOptions = {}): Middleware<State> {
  const { reportOnly = false, reportTo, csp: own = [], useNonce = false } = options;
  const ownNames = new Set(own.map(directiveName));
  const directives = DEFAULT_DIRECTIVES.filter((it) => !ownNames.has(directiveName(it)));
  directives.push(...own);
  if (reportTo !== undefined) {
    directives.push("report-to csp-endpoint", `report-uri ${reportTo}`);
  }
  const header = `Content-Security-Policy${reportOnly ? "-Report-Only" : ""}`;

  return async (ctx) => {
    const response = await ctx.next();
    const nonce = useNonce ? (response as { [NONCE]?: string })[NONCE] : undefined;
    const policy = nonce === undefined
      ? directives
      : directives.map((directive) =>
        INLINE_DIRECTIVE.test(directive)
          ? directive.replaceAll("'unsafe-inline'", `'nonce-${nonce}'`)
          : directive
      );
    response.headers.set(header, policy.join("; "));
    if (reportTo !== undefined) {
      response.headers.set("Reporting-Endpoints", `csp-endpoint="${reportTo}"`);
    }
    return response;
  };
}

function directiveName(directive: string): string {
  return directive.split(" ", 1)[0]!;
}
