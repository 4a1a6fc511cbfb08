/**
 * Passes the token of a page on to another address of the server.
 *
 * @param url Changed, and returned.
 * @param page Address of the page, which may have a `token`.
 */
export function withToken(url: URL, page: string | URL): URL {
  const token = new URL(page).searchParams.get("token");
  if (token !== null) url.searchParams.set("token", token);
  return url;
}
