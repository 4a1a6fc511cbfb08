import { HttpError, page, type PageProps } from "fresh";
import { MessagePage } from "../components/MessagePage.tsx";
import { define } from "../state.ts";

/** What the page says when it is asked for something else than to be read. */
const METHOD_NOT_ALLOWED = {
  title: "This page cannot do that",
  text: "It can only be viewed.",
};

/** What the page says otherwise. */
const UNEXPECTED = {
  title: "Something went wrong",
  text: "The server could not make this page. Its log says why.",
};

/** The page for what went wrong; it tells nothing of the inside. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Error";
  ctx.state.styles = "message";
  const status = ctx.error instanceof HttpError ? ctx.error.status : 500;
  return page(status === 405 ? METHOD_NOT_ALLOWED : UNEXPECTED, { status });
});

export default define.page<typeof handler>(function ErrorPage(
  { url, data }: PageProps<typeof UNEXPECTED>,
) {
  return <MessagePage url={url} title={data.title} text={data.text} />;
});
