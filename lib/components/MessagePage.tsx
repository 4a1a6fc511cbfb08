import type { JSX } from "preact";
import { PageHeader } from "./PageHeader.tsx";

/** A page that only says something, and leads back. */
export function MessagePage({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <>
      <PageHeader />
      <main class="message">
        <h1>{title}</h1>
        <p>{text}</p>
        <a class="button primary" href="/">Go to the live page</a>
      </main>
    </>
  );
}
