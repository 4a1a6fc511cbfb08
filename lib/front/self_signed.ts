/**
 * A certificate of our own making, kept with the data.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { generate } from "selfsigned";
import { replaceFile } from "../replace_file.ts";

/** A certificate, with those that vouch for it, and its key. */
export interface CertificatePair {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
}

const DAY_MS = 86_400_000;
/** Browsers and phones accept no more than 398 days. */
const VALID_MS = 397 * DAY_MS;
/** A certificate that ends sooner than this is made anew. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** The names and addresses under which this machine is reached. */
export interface MachineNames {
  /** Host names. */
  names: string[];
  /** IPv4 and IPv6 addresses. */
  addresses: string[];
}

/** Link-local addresses are left out: they cannot be typed into a browser. */
export function machineNames(): MachineNames {
  const addresses = Deno.networkInterfaces().map(({ address }) => address)
    .filter((address) => !address.toLowerCase().startsWith("fe80:"));
  const names = ["localhost"];
  const hostname = Deno.hostname().toLowerCase();
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(hostname)) {
    names.push(hostname);
    // As it is found without a name server (RFC 6762).
    if (!hostname.includes(".")) names.push(`${hostname}.local`);
  }
  return {
    names: [...new Set(names)],
    addresses: [...new Set(["127.0.0.1", "::1", ...addresses])].toSorted(),
  };
}

/**
 * Makes a certificate for this machine.
 *
 * @param now Milliseconds since the epoch
 */
export async function makeSelfSigned(
  { names, addresses }: MachineNames,
  now: number = Date.now(),
): Promise<CertificatePair> {
  const made = await generate([{ name: "commonName", value: "livesyte" }], {
    keyType: "ec",
    algorithm: "sha256",
    // Clocks differ.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_MS - DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/**
 * Whether a certificate can still be used: it belongs to its key, is valid for a while, and names everything.
 *
 * @param now Milliseconds since the epoch
 */
export function isStillGood(
  { cert, key }: CertificatePair,
  { names, addresses }: MachineNames,
  now: number = Date.now(),
): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return certificate.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(certificate.validFrom) <= now &&
      Date.parse(certificate.validTo) > now + RENEW_BEFORE_MS &&
      names.every((name) => certificate.checkHost(name) !== undefined) &&
      addresses.every((address) => certificate.checkIP(address) !== undefined);
  } catch {
    return false;
  }
}

/** File of the certificate within the folder where it is kept. */
export const SELF_SIGNED_CERT = "self_signed_cert.pem";

/**
 * The certificate that is kept, or a new one where it cannot be used any more.
 *
 * @param folder Where it is kept, with mode 0600: `self_signed_cert.pem` and `self_signed_key.pem`
 */
export async function keepSelfSigned(
  folder: string,
  machine: MachineNames = machineNames(),
): Promise<CertificatePair> {
  const [certPath, keyPath] = [join(folder, SELF_SIGNED_CERT), join(folder, "self_signed_key.pem")];
  try {
    const kept = {
      cert: await Deno.readTextFile(certPath),
      key: await Deno.readTextFile(keyPath),
    };
    if (isStillGood(kept, machine)) return kept;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = await makeSelfSigned(machine);
  await Deno.mkdir(folder, { recursive: true });
  await replaceFile(keyPath, made.key, { mode: 0o600 });
  await replaceFile(certPath, made.cert, { mode: 0o600 });
  return made;
}
