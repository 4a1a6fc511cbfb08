/**
 * A connection to a broker of MQTT that is there again after every failure.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { IClientOptions, MqttClient } from "mqtt";
import { logEvent } from "../../telemetry/log.ts";
import { codeOf } from "../../user_error.ts";
import { WakeUp } from "../wake_up.ts";
import { DeliveryError } from "../delivery/errors.ts";
import { STATUS_TOPIC } from "./topics.ts";

/** How long the server waits for the broker when it stops, in milliseconds. */
const GOODBYE_MS = 1000;
/** The longest wait between two attempts, in milliseconds. */
const LONGEST_MS = 30_000;
/** Seconds without a message after which either side asks whether the other is there. */
const KEEP_ALIVE_S = 30;

/** Options of {@linkcode MqttConnection}. */
export interface MqttConnectionOptions {
  /** Address of the broker; may hold a user and a password. */
  url: URL;
  /** Told whenever the connection is there; messages can be published then. */
  onConnect: () => void;
  /** The first wait after a failure, in milliseconds; it is doubled after each further one. */
  firstRetryMs: number;
  /** How long the broker may take to accept a connection or a message, in milliseconds. */
  brokerMs: number;
}

/**
 * Publishes messages with QoS 1. The client of `npm:mqtt` is made anew for each connection, so that nothing waits in it that its
 * owner has given up meanwhile.
 */
export class MqttConnection {
  readonly #options: MqttConnectionOptions;
  readonly #pause = new WakeUp();
  readonly #ended: Promise<void>;
  readonly #tried = Promise.withResolvers<void>();
  #client: MqttClient | undefined;
  #isStopping = false;

  /** Begins to connect. */
  constructor(options: MqttConnectionOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Resolves once it is connected for the first time, or cannot be. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Whether messages can be published now. */
  get isConnected(): boolean {
    return this.#client?.connected ?? false;
  }

  /**
   * Publishes a message, and waits until the broker has acknowledged it.
   *
   * @param retain Whether the broker keeps it for those who subscribe later
   * @throws {DeliveryError} If the broker is not there, does not answer, or is lost meanwhile
   */
  async publish(
    topic: string,
    payload: string | Uint8Array<ArrayBuffer>,
    { retain = false }: { retain?: boolean } = {},
  ): Promise<void> {
    const { brokerMs } = this.#options;
    const client = this.#client;
    if (!client?.connected) throw new DeliveryError("the broker is not connected");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const lose = () => reject(new DeliveryError("the connection to the broker was lost"));
    const timer = setTimeout(() => {
      reject(new DeliveryError(`the broker did not answer within ${brokerMs / 1000} s`));
      // A broker that has stopped answering is asked again over a new connection.
      client.end(true);
    }, brokerMs);
    client.once("close", lose);
    const message = typeof payload === "string"
      ? payload
      : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    client.publish(topic, message, { qos: 1, retain }, (error) => {
      if (error) reject(new DeliveryError("the broker did not take the message"));
      else resolve();
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      client.off("close", lose);
    }
  }

  /** Says goodbye to the broker, and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.isConnected) {
      const goodbye = this.publish(STATUS_TOPIC, "offline", { retain: true }).catch(() => {});
      const timeout = new WakeUp();
      await Promise.race([goodbye, timeout.wait(GOODBYE_MS)]);
      timeout.wake();
    }
    this.#client?.end(true);
    this.#pause.wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { firstRetryMs } = this.#options;
    let waitMs = firstRetryMs;
    let isTold = false;
    while (!this.#isStopping) {
      const { reason, hadConnected } = await this.#connectOnce();
      if (this.#isStopping) return;
      if (hadConnected) {
        waitMs = firstRetryMs;
        isTold = false;
      }
      // Once, and not for every attempt.
      if (!isTold) {
        const message = "The MQTT broker cannot be used: it is tried again";
        logEvent("warning", "event_mqtt", message, { broker: this.#name, reason });
      }
      isTold = true;
      await this.#pause.wait(waitMs);
      waitMs = Math.min(2 * waitMs, LONGEST_MS);
    }
  }

  /** Where the broker is, without secrets. */
  get #name(): string {
    const { protocol, host } = this.#options.url;
    return `${protocol}//${host}`;
  }

  /** Connects, and waits until the connection has ended. */
  async #connectOnce(): Promise<{ reason: string; hadConnected: boolean }> {
    const { connect } = await import("mqtt");
    const { url, onConnect, brokerMs } = this.#options;
    let reason = "the connection was lost";
    let hadConnected = false;
    const closed = Promise.withResolvers<void>();
    const client = connect(withoutUser(url), clientOptions(url, brokerMs));
    this.#client = client;
    client.on("connect", () => {
      hadConnected = true;
      this.#tried.resolve();
      logEvent("info", "event_mqtt", "The MQTT broker is connected", { broker: this.#name });
      onConnect();
    });
    client.on("error", (error) => {
      // Its message may hold the address.
      reason = codeOf(error) || ("code" in error ? `refused with ${error.code}` : error.name);
    });
    client.on("close", () => closed.resolve());
    if (this.#isStopping) client.end(true);
    await closed.promise;
    this.#tried.resolve();
    client.end(true);
    return { reason, hadConnected };
  }
}

function withoutUser(url: URL): string {
  const plain = new URL(url);
  plain.username = plain.password = "";
  return plain.href;
}

function clientOptions({ username, password }: URL, connectTimeout: number): IClientOptions {
  return {
    ...username !== "" && { username: decodeURIComponent(username) },
    ...password !== "" && { password: decodeURIComponent(password) },
    clientId: `livesyte-${crypto.randomUUID()}`,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout,
    keepalive: KEEP_ALIVE_S,
    queueQoSZero: false,
    will: { topic: STATUS_TOPIC, payload: Buffer.from("offline"), qos: 1, retain: true },
  };
}
