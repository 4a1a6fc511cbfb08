/**
 * Records an event every few milliseconds until it is killed. Its arguments are the data directory, the addresses of a receiver
 * and of a broker, the first track id, and the number of events; with 0 it sends what is left, and ends.
 */

import { eventMetrics } from "../../lib/telemetry/metrics.ts";
import { DOOR, eventService, moment, SOMEBODY } from "./moments.ts";

const [directory = "", webhook = "", mqtt = "", first = "0", count = "0"] = Deno.args;

const events = eventService(directory, {
  webhook: { url: new URL(webhook), secret: "hush" },
  mqtt: { url: new URL(mqtt), discovery: true },
});
events.noteRules(DOOR, [SOMEBODY]);
await events.start();
for (let index = 0; index < Number(count); index++) {
  events.record(moment({ event: { track_id: Number(first) + index } }));
  await pause();
}
for (let isEmpty = false; !isEmpty || count !== "0";) {
  await pause();
  await events.measure();
  const { values } = await eventMetrics.outbox.get();
  isEmpty = values.length === 2 && values.every(({ value }) => value === 0);
}
await events.stop();

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3));
}
