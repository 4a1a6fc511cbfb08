import { page, type PageProps } from "fresh";
import { MessagePage } from "../components/MessagePage.tsx";
import { define } from "../state.ts";

/** The page for addresses that lead nowhere; without this status it would count as found. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Not found";
  ctx.state.styles = "message";
  return page(undefined, { status: 404 });
});

export default define.page<typeof handler>(function NotFoundPage({ url }: PageProps) {
  return (
    <MessagePage
      url={url}
      title="There is nothing here"
      text="The address may be mistyped or old."
    />
  );
});
