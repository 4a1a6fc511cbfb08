/**
 * A server for the other devices of a network: `LAN=1` instead of four settings.
 *
 * @module
 */

import { join } from "node:path";
import { Environment } from "../environment.ts";
import { reasonOf, UserError } from "../user_error.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** File of the token within DATA_DIR. */
const TOKEN_FILE = "lan_token";
const TOKEN_BYTES = 16;

/**
 * What `LAN=1` stands for, put into the variables that are not set: all addresses, HTTPS with a certificate of our own, and a
 * token, so that an open network does not make an open server.
 *
 * @returns The same variables where `LAN` is not 1
 * @throws {UserError} If `LAN` is malformed, or the token cannot be kept
 */
export function expandLan(variables: Variables): Variables {
  const environment = new Environment(variables);
  if (environment.choice("LAN", ["0", "1"], "0") === "0") return variables;
  const isSet = (name: string) => environment.text(name) !== undefined;
  return {
    ...variables,
    ...(isSet("HOST") ? {} : { HOST: "0.0.0.0" }),
    ...(["TLS", "TLS_CERT", "TLS_KEY"].some(isSet) ? {} : { TLS: "self-signed" }),
    ...(isSet("STREAM_AUTH_TOKEN")
      ? {}
      : { STREAM_AUTH_TOKEN: keepToken(environment.text("DATA_DIR") ?? "./data") }),
  };
}

/** The token that is kept in a folder, or a new one, readable by this user only. */
function keepToken(folder: string): string {
  const path = join(folder, TOKEN_FILE);
  try {
    Deno.mkdirSync(folder, { recursive: true });
    const kept = readToken(path);
    if (kept !== "") return kept;
    const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))
      .toBase64({ alphabet: "base64url", omitPadding: true });
    Deno.writeTextFileSync(path, `${token}\n`, { mode: 0o600 });
    return token;
  } catch (cause) {
    const message = `Cannot keep a token in DATA_DIR ${folder}: ${reasonOf(cause)}`;
    throw new UserError(message, { cause });
  }
}

function readToken(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** A network interface, as `Deno.networkInterfaces` tells of it. */
type Interface = Pick<Deno.NetworkInterfaceInfo, "name" | "family" | "address">;

/** Networks within this machine, of containers and virtual machines, where no other device is. */
const INTERNAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vethernet|lo)/i;

/** IPv4 addresses under which other devices may reach this machine, those of private networks first. */
export function lanAddresses(
  interfaces: readonly Interface[] = Deno.networkInterfaces(),
): string[] {
  const addresses = interfaces
    .filter(({ name, family, address }) =>
      family === "IPv4" && !INTERNAL.test(name) && !/^(127|169\.254)\./.test(address)
    ).map(({ address }) => address);
  const isPrivate = (address: string) =>
    /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(address) ? 0 : 1;
  return [...new Set(addresses)].toSorted((one, other) => isPrivate(one) - isPrivate(other));
}

/**
 * Where other devices find a server.
 *
 * @param url Where this machine finds it
 * @param hostname What it listens on
 * @returns Addresses such as `https://192.168.1.20:8000/`; none where it listens on one address only
 */
export function lanUrls(
  url: string,
  hostname: string,
  addresses: readonly string[] = lanAddresses(),
): string[] {
  if (hostname !== "0.0.0.0" && hostname !== "::") return [];
  return addresses.map((address) => {
    const there = new URL(url);
    there.hostname = address;
    return there.href;
  });
}
