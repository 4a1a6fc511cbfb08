import type { JSX } from "preact";
import { linkTo } from "./PageHeader.tsx";

/** The foot of every page: the way to what only some people look for. */
export function PageFooter({ url }: { url: URL }): JSX.Element {
  return (
    <footer class="foot">
      <a href={linkTo("/docs", url)}>API reference</a>
    </footer>
  );
}
