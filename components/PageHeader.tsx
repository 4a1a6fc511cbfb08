import type { ComponentChildren, JSX } from "preact";
import { withToken } from "../lib/client/with_token.ts";

/** The pages that people go to, in the order of their links. */
const PAGES = [
  { path: "/", name: "Live" },
  { path: "/cameras", name: "Cameras" },
  { path: "/events", name: "Events" },
  { path: "/watch", name: "Watch" },
  { path: "/videos", name: "Videos" },
];

/**
 * The head of every page: the name of the product, what the page adds, and the way to the other pages.
 *
 * @param props.url Address of the page
 */
export function PageHeader(
  { url, children }: { url: URL; children?: ComponentChildren },
): JSX.Element {
  return (
    <>
      <header class="masthead">
        <a class="brand" href={linkTo("/", url)}>
          <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
            <path
              class="brand-frame"
              d="M4 11V6a2 2 0 0 1 2-2h5M21 4h5a2 2 0 0 1 2 2v5M28 21v5a2 2 0 0 1-2 2h-5M11 28H6a2 2 0 0 1-2-2v-5"
            />
            <circle class="brand-dot" cx="16" cy="16" r="5" />
          </svg>
          livesyte
        </a>
        {children}
      </header>
      <nav class="pages" aria-label="Pages">
        {PAGES.map(({ path, name }) => (
          <a key={path} href={linkTo(path, url)} aria-current={isAt(path, url) ? "page" : "false"}>
            {name}
          </a>
        ))}
      </nav>
    </>
  );
}

function isAt(path: string, { pathname }: URL): boolean {
  return pathname === path || pathname === `${path}/`;
}

/**
 * A link to another page, which needs the same token.
 *
 * @param from Address of the page with the link
 */
export function linkTo(path: string, from: URL): string {
  const { pathname, search } = withToken(new URL(path, from), from);
  return pathname + search;
}
