import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { logEvent } from "../telemetry/log.ts";

/**
 * Takes what others publish under a subject. A message that cannot be read, such as one of another version, is passed over: thrown
 * out of a subscription, its error would end the connection.
 *
 * @param read Makes of the bytes what they mean, or throws
 */
export function listen<Message>(
  connection: NatsConnection,
  subject: string,
  read: (data: Uint8Array) => Message,
  handle: (message: Message) => void,
): Subscription {
  return connection.subscribe(subject, {
    callback: (error, { data }) => {
      if (error !== null) return;
      try {
        handle(read(data));
      } catch (cause) {
        const fields = { subject, cause: String(cause) };
        logEvent("debug", "cluster_problem", "A message could not be read", fields);
      }
    },
  });
}
