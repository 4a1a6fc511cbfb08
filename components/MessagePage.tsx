import type { JSX } from "preact";
import { linkTo, PageHeader } from "./PageHeader.tsx";

/** A page that only says something, and leads back. */
export function MessagePage(
  { url, title, text }: { url: URL; title: string; text: string },
): JSX.Element {
  return (
    <>
      <PageHeader url={url} />
      <main class="message">
        <h1>{title}</h1>
        <p>{text}</p>
        <a class="button primary" href={linkTo("/", url)}>Go to the live page</a>
      </main>
    </>
  );
}
