/**
 * Tells the application who is at the other end of a connection that comes through the door.
 *
 * @module
 */

/** Carries the client's address and port. */
const ADDRESS_HEADER = "x-livesyte-client";

/** The header line for a client, with its line end; it stands before all that the client itself has sent. */
export function clientAddressLine({ hostname, port }: Deno.NetAddr): string {
  return `${ADDRESS_HEADER}: ${hostname} ${port}\r\n`;
}

/**
 * What the application is told of a connection: the client's address in place of the door's.
 *
 * Only for requests that the door has passed on. Clients may send a line of this name too; the door's own is the first.
 */
export function withClientAddress(
  { headers }: Request,
  info: Deno.ServeHandlerInfo,
): Deno.ServeHandlerInfo {
  const [address = ""] = headers.get(ADDRESS_HEADER)?.split(",") ?? [];
  const [hostname = "", port] = address.split(" ");
  if (hostname === "") return info;
  const remoteAddr: Deno.NetAddr = { transport: "tcp", hostname, port: Number(port) };
  return { completed: info.completed, remoteAddr };
}
