/**
 * The certificate with which TLS ends at the door.
 *
 * @module
 */

import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsConfig } from "../config.ts";
import { logEvent } from "../telemetry/log.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { type CertificatePair, keepSelfSigned } from "./self_signed.ts";

/** Thrown for a certificate that cannot be used; the message is one line for people. */
export class CertificateError extends UserError {}

/** How often it is looked whether there is a new certificate, in milliseconds. */
const LOOK_INTERVAL_MS = 60_000;

async function readFile(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const message = `Cannot read ${variable} ${path}: ${reasonOf(error)}`;
    throw new CertificateError(message, { cause: error });
  }
}

async function load(config: TlsConfig, dataDirectory: string): Promise<CertificatePair> {
  if (config !== "self-signed") {
    return {
      cert: await readFile("TLS_CERT", config.certPath),
      key: await readFile("TLS_KEY", config.keyPath),
    };
  }
  try {
    return await keepSelfSigned(dataDirectory);
  } catch (error) {
    const message = `Cannot keep a certificate in DATA_DIR ${dataDirectory}: ${reasonOf(error)}`;
    throw new CertificateError(message, { cause: error });
  }
}

/** Tries whether TLS can be spoken with a certificate, which a secure context does not look at before the first handshake. */
function check({ cert, key }: CertificatePair, config: TlsConfig): void {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
  } catch (error) {
    const what = config === "self-signed"
      ? "the certificate in DATA_DIR"
      : `TLS_CERT ${config.certPath} with TLS_KEY ${config.keyPath}`;
    throw new CertificateError(`Cannot use ${what}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A certificate that is replaced by its successor while connections go on. */
export class Certificate implements Disposable {
  readonly #config: TlsConfig;
  readonly #dataDirectory: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #pair: CertificatePair;
  #context: SecureContext;

  private constructor(config: TlsConfig, dataDirectory: string, pair: CertificatePair) {
    this.#config = config;
    this.#dataDirectory = dataDirectory;
    this.#pair = pair;
    this.#context = createSecureContext(pair);
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
  }

  /**
   * Loads a certificate, or makes it.
   *
   * @param dataDirectory Where one of our own making is kept
   * @throws {CertificateError} If it cannot be used
   */
  static async open(config: TlsConfig, dataDirectory: string): Promise<Certificate> {
    const pair = await load(config, dataDirectory);
    check(pair, config);
    return new Certificate(config, dataDirectory, pair);
  }

  /** For the next connection. */
  get context(): SecureContext {
    return this.#context;
  }

  /** Takes a new certificate, where there is one: files that were replaced, an address that has changed, an end that is near. */
  async look(): Promise<void> {
    try {
      const pair = await load(this.#config, this.#dataDirectory);
      if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
      check(pair, this.#config);
      this.#pair = pair;
      this.#context = createSecureContext(pair);
      logEvent("info", "certificate", "A new certificate is in use");
    } catch (error) {
      logEvent("warning", "certificate", "The certificate in use stays", { cause: String(error) });
    }
  }

  /** Looks for successors no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
