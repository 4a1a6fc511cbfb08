/**
 * The settings of a cluster of machines.
 *
 * @module
 */

import { type Environment, fail } from "./environment.ts";

/** Where the other machines are to be found. */
export interface ClusterConfig {
  /** Addresses of NATS servers, tried in turn; each may hold a user and a password, or a token. */
  urls: URL[];
  /** File with credentials, as `nsc` writes it, or with the seed of an NKey; `undefined` for none. */
  credentials: string | undefined;
  /** Name of the cluster: machines of other names on the same NATS have nothing to do with this one. */
  name: string;
}

const EXPECTED_URLS = "addresses such as nats://127.0.0.1:4222, separated by commas";

/** Reads `NATS_URL`, `NATS_CREDS` and `CLUSTER_NAME`; `undefined` where there is no cluster. */
export function readCluster(environment: Environment): ClusterConfig | undefined {
  const name = environment.text("CLUSTER_NAME") ?? "default";
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) {
    fail("CLUSTER_NAME", "up to 32 letters, digits, - and _", name);
  }
  const urls = environment.list("NATS_URL").map(parseUrl);
  if (urls.length === 0) return undefined;
  return { urls, credentials: environment.text("NATS_CREDS"), name };
}

/**
 * Reads `PIPELINE_WORKERS`: 0 where the other machines of a cluster compute, `undefined` to find out.
 *
 * @throws {ConfigError} If it is malformed, or nobody would compute
 */
export function readWorkers(environment: Environment): number | undefined {
  const workers = environment.optionalInteger("PIPELINE_WORKERS", 0, 64);
  if (workers === 0 && environment.text("NATS_URL") === undefined) {
    const expected = "a whole number between 1 and 64, or 0 if NATS_URL names other machines";
    fail("PIPELINE_WORKERS", expected, "0");
  }
  return workers;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `nats://${text}`);
  const isKnown = url !== null && ["nats:", "tls:"].includes(url.protocol) && url.hostname !== "";
  // What stands before the host is a secret.
  return isKnown ? url : fail("NATS_URL", EXPECTED_URLS, text.replace(/^(.*:\/\/)?.*@/, "$1…@"));
}
