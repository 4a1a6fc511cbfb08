import { HttpError, page, type PageProps } from "fresh";
import { MessagePage } from "../lib/components/MessagePage.tsx";
import { setSecurityHeaders } from "../lib/http/security_headers.ts";
import { define } from "../state.ts";

/**
 * The page for what went wrong; it tells nothing of the inside.
 *
 * It is rendered outside of the middlewares, so it sets the security headers itself.
 */
export const handler = define.handlers((ctx) =>
  page(undefined, {
    status: ctx.error instanceof HttpError ? ctx.error.status : 500,
    headers: setSecurityHeaders(new Headers()),
  })
);

export default define.page<typeof handler>(function ErrorPage({ url }: PageProps) {
  return (
    <MessagePage
      url={url}
      title="Something went wrong"
      text="The server could not make this page. Its log says why."
    />
  );
});
