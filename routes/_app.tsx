import type { PageProps } from "fresh";
import { asset } from "fresh/runtime";
import { PageFooter } from "../components/PageFooter.tsx";
import { define, type State } from "../state.ts";

/** The document around every page. */
export default define.page(function App({ Component, state, url }: PageProps<unknown, State>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#f4f5f7" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#101216" media="(prefers-color-scheme: dark)" />
        <meta
          name="description"
          content="Recognises objects and text in a camera’s image live, on your own server."
        />
        <title>{[state.title, "livesyte"].filter(Boolean).join(" · ")}</title>
        <link rel="icon" href={asset("/favicon.svg")} type="image/svg+xml" />
        <link rel="apple-touch-icon" href={asset("/apple-touch-icon.png")} />
        <link rel="manifest" href={asset("/manifest.webmanifest")} />
        <link rel="stylesheet" href={asset(`/styles/${state.styles ?? "message"}.css`)} />
        <script src={asset("/check_browser.js")} defer />
      </head>
      <body>
        <p class="outdated" role="alert">
          This page cannot run in this browser. It needs Chrome or Edge 123, Firefox 121, Safari
          17.5, or a later one.
        </p>
        <Component />
        <PageFooter url={url} />
      </body>
    </html>
  );
});
