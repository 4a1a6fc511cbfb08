import { page, type PageProps } from "fresh";
import { PageHeader } from "../components/PageHeader.tsx";
import { EventFeed } from "../islands/EventFeed.tsx";
import { EventStatus } from "../islands/EventStatus.tsx";
import { createEventSignals } from "../lib/client/events/event_signals.ts";
import { define } from "../state.ts";

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Events";
  ctx.state.styles = "events";
  return page(undefined);
});

/** The page for what rules have noticed, newest first. */
export default define.page(function EventsPage({ url }: PageProps) {
  const signals = createEventSignals();
  return (
    <>
      <PageHeader url={url}>
        <EventStatus signals={signals} />
      </PageHeader>
      <main class="events">
        <EventFeed signals={signals} />
        <noscript>
          <p class="no-script">This page needs JavaScript, to show what was noticed.</p>
        </noscript>
      </main>
    </>
  );
});
