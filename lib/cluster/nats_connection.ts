/**
 * The connection to NATS, which is made anew for ever.
 *
 * @module
 */

import {
  AuthorizationError,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  setTransportFactory,
} from "@nats-io/transport-node";
import type { ClusterConfig } from "../cluster_config.ts";
import { logEvent } from "../telemetry/log.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { DenoTransport } from "./deno_transport.ts";

/** How long making a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;
/** Time between two attempts, in milliseconds. */
const RETRY_MS = 1000;
/** Time between two questions whether the server is still there, in milliseconds; after two without an answer it is not. */
const PING_MS = 2000;

/** Options for {@linkcode ReconnectingNats}. */
export interface ReconnectingNatsOptions {
  /** Where NATS is, and with which credentials. */
  config: ClusterConfig;
  /** What this program is called in the lists of NATS. */
  clientName: string;
  /** What goes on while NATS is away, as the end of a sentence. */
  meanwhile: string;
  /** Sets up what is needed on a new connection; what it throws ends that connection, to be made anew. */
  onConnect(connection: NatsConnection): Promise<void>;
  /** Called after a connection has been lost. */
  onLost(): void;
}

/** Holds a connection to one of several servers; when it is lost, makes the next one, however long that takes. */
export class ReconnectingNats {
  readonly #options: ReconnectingNatsOptions;
  /** Ends the pause between two attempts. */
  #wake: (() => void) | undefined;
  #isStopped = false;
  #connection: NatsConnection | undefined;
  #problem: string | undefined;
  #running: Promise<void> | undefined;

  /**
   * Begins without a connection.
   *
   * @throws {UserError} If the file with the credentials cannot be used
   */
  constructor(options: ReconnectingNatsOptions) {
    this.#options = options;
    readCredentials(options.config.credentials);
    setTransportFactory({ factory: () => new DenoTransport() });
  }

  /** The connection; `undefined` while there is none. */
  get connection(): NatsConnection | undefined {
    return this.#connection;
  }

  /** Why there is no connection, in a sentence; `undefined` while there is one. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Begins to connect.
   *
   * @returns Resolves after the first attempt, whatever came of it
   */
  start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running = this.#run(resolve);
    return promise;
  }

  /** Ends the connection once all has been sent, and makes no other. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.();
    await this.#connection?.close().catch(() => {});
    await this.#running;
  }

  async #run(onTried: () => void): Promise<void> {
    const { urls } = this.#options.config;
    for (let attempt = 0; !this.#isStopped; attempt++) {
      const url = urls[attempt % urls.length] as URL;
      try {
        const connection = await connectTo(url, this.#options);
        if (this.#isStopped) return await connection.close();
        await this.#hold(connection, url, onTried);
        if (this.#isStopped) return;
        this.#report(`The connection to NATS at ${url.host} was lost`);
      } catch (error) {
        this.#report(describeFailure(error, url));
      }
      onTried();
      if (this.#isStopped) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, RETRY_MS);
      await promise;
      clearTimeout(timer);
    }
  }

  /** Uses a connection until it ends. */
  async #hold(connection: NatsConnection, url: URL, onReady: () => void): Promise<void> {
    this.#connection = connection;
    try {
      await this.#options.onConnect(connection);
      this.#problem = undefined;
      const message = `Connected to NATS at ${url.host}`;
      logEvent("info", "cluster_connection", message, { server: url.host });
      onReady();
      await connection.closed();
    } finally {
      this.#connection = undefined;
      await connection.close().catch(() => {});
      this.#options.onLost();
    }
  }

  /** Tells what is wrong, once for as long as it stays the same. */
  #report(problem: string): void {
    const sentence = `${problem}; trying again, and meanwhile ${this.#options.meanwhile}`;
    if (this.#problem !== sentence) logEvent("warning", "cluster_connection", sentence);
    this.#problem = sentence;
  }
}

async function connectTo(
  url: URL,
  { config, clientName }: ReconnectingNatsOptions,
): Promise<NatsConnection> {
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  const secrets: ConnectionOptions = password
    ? { user: user ?? "", pass: password }
    : user
    ? { token: user }
    : readCredentials(config.credentials);
  return await NatsConnectionImpl.connect({
    ...secrets,
    servers: url.host,
    name: clientName,
    // The loop above does it, with a reason for each attempt, and with everything set up anew.
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ignoreClusterUpdates: true,
    tls: url.protocol === "tls:" ? {} : undefined,
  } as ConnectionOptions);
}

/** What a file with credentials says who this is. */
function readCredentials(path: string | undefined): Pick<ConnectionOptions, "authenticator"> {
  if (path === undefined) return {};
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (cause) {
    throw new UserError(`Cannot read NATS_CREDS: ${reasonOf(cause)} (${path})`, { cause });
  }
  const text = new TextDecoder().decode(bytes).trim();
  if (/^SU[A-Z2-7]{56}$/.test(text)) {
    return { authenticator: nkeyAuthenticator(new TextEncoder().encode(text)) };
  }
  if (text.includes("BEGIN NATS USER JWT")) return { authenticator: credsAuthenticator(bytes) };
  throw new UserError(
    `Cannot use NATS_CREDS: ${path} holds neither credentials as nsc writes them nor the seed of an NKey`,
  );
}

function describeFailure(error: unknown, { host }: URL): string {
  if (error instanceof UserError) return error.message;
  if (error instanceof AuthorizationError || /authorization/i.test(String(error))) {
    return `NATS at ${host} refuses the credentials: check NATS_CREDS, or the user and password in NATS_URL`;
  }
  const reason = error instanceof Deno.errors.ConnectionRefused
    ? "nothing listens there"
    : reasonOf(error);
  const remedy = /certificate/i.test(reason)
    ? "; set DENO_CERT to the certificate of its authority"
    : "";
  return `Cannot connect to NATS at ${host}: ${reason}${remedy}`;
}
