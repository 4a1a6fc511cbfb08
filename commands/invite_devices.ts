/**
 * Tells how other devices of the network reach the server.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { renderUnicodeCompact } from "uqr";
import type { Config } from "../lib/config.ts";
import { SELF_SIGNED_CERT } from "../lib/front/self_signed.ts";

/** What of the settings other devices have to do with. */
type Invitation = Pick<Config, "front" | "video" | "stream">;

/**
 * A text for people: the addresses, a QR code with the token, and what the browser will warn about.
 *
 * @param urls Where this machine and, then, other devices find the server; at least two
 * @param options.colours Whether the terminal takes colours, which make the code dark on light in any terminal
 */
export async function inviteDevices(
  urls: readonly string[],
  config: Invitation,
  { colours = false }: { colours?: boolean } = {},
): Promise<string> {
  const [here = "", link = "", ...others] = urls.map((url) =>
    withToken(url, config.stream.authToken)
  );
  const code = renderUnicodeCompact(link, { border: 2 }).split("\n")
    .map((line) => colours ? `\x1b[97;40m${line}\x1b[0m` : line);
  const parts = [
    `On this machine, open ${here}`,
    "Scan this with a phone in the same network, or open the address on any device:",
    code.join("\n"),
    link,
    ...(others.length === 0 ? [] : ["If that address does not answer, try:", ...others]),
    ...(config.stream.authToken === undefined
      ? ["Whoever is in this network can use the server: LAN=1 sets a token."]
      : ["Whoever has this address can use the server: it carries its token."]),
    ...await describeTls(config),
  ];
  return `${parts.join("\n")}\n`;
}

function withToken(url: string, token: string | undefined): string {
  const link = new URL(url);
  if (token !== undefined) link.searchParams.set("token", token);
  return link.href;
}

async function describeTls({ front, video }: Invitation): Promise<string[]> {
  if (front.tls === undefined) {
    return ["Without HTTPS, browsers there share no camera: LAN=1 and TLS=self-signed set it up."];
  }
  if (front.tls !== "self-signed") return [];
  const path = join(video.dataDirectory, SELF_SIGNED_CERT);
  const { fingerprint256 } = new X509Certificate(await Deno.readTextFile(path));
  return [
    "The browser will warn once, since this server made its certificate itself. Its SHA-256 fingerprint:",
    fingerprint256,
  ];
}
