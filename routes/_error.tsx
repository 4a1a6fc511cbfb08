import { HttpError, page, type PageProps } from "fresh";
import { MessagePage } from "../lib/components/MessagePage.tsx";
import { define } from "../state.ts";

/** The page for what went wrong; it tells nothing of the inside. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Error";
  return page(undefined, { status: ctx.error instanceof HttpError ? ctx.error.status : 500 });
});

export default define.page<typeof handler>(function ErrorPage({ url }: PageProps) {
  return (
    <MessagePage
      url={url}
      title="Something went wrong"
      text="The server could not make this page. Its log says why."
    />
  );
});
