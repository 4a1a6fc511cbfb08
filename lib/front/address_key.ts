/**
 * Under which name the connections of a client are counted.
 *
 * @module
 */

/** The first four groups of an IPv6 address, in full. */
function networkOf(address: string): string {
  const [before = "", after] = address.split("::", 2);
  const groups = before === "" ? [] : before.split(":");
  const rest = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  return [...groups, ...Array<string>(zeros).fill("0"), ...rest].slice(0, 4).join(":");
}

/**
 * The key of an address: an IPv4 address itself, however it is written, and of an IPv6 address its network of 64 bits, since a
 * client has a whole network of those.
 *
 * @param hostname As `Deno.NetAddr` has it
 */
export function addressKey(hostname: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(hostname)?.[1];
  if (mapped !== undefined) return mapped;
  return hostname.includes(":") ? `${networkOf(hostname.toLowerCase())}::/64` : hostname;
}
