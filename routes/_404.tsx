import { page, type PageProps } from "fresh";
import { MessagePage } from "../lib/components/MessagePage.tsx";
import { answerUnknownApiPath, setSecurityHeaders } from "../lib/http/security_headers.ts";
import { define } from "../state.ts";

/**
 * The page for addresses that lead nowhere; without this status it would count as found.
 *
 * It is rendered outside of the middlewares, so it sets the security headers itself.
 */
export const handler = define.handlers((ctx) =>
  answerUnknownApiPath(ctx.url) ??
    page(undefined, { status: 404, headers: setSecurityHeaders(new Headers()) })
);

export default define.page<typeof handler>(function NotFoundPage({ url }: PageProps) {
  return (
    <MessagePage
      url={url}
      title="There is nothing here"
      text="The address may be mistyped or old."
    />
  );
});
