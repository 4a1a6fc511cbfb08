/** An event sink that remembers all it is told. */

import type { EventSink, EventSource, NoticedMoment } from "../../lib/events/event_sink.ts";
import type { Rule } from "../../lib/protocol/rule.ts";

export class RememberedEvents implements EventSink {
  readonly moments: NoticedMoment[] = [];
  /** How many objects each camera showed, whenever that changed. */
  readonly objects: [camera: string, counts: Record<string, number>][] = [];

  record(moment: NoticedMoment): void {
    this.moments.push(moment);
  }

  /** The rules of each camera, and how often they were told. */
  readonly rules: [camera: string, rules: string[]][] = [];

  noteRules(source: EventSource, rules: readonly Rule[]): void {
    if ("cameraId" in source) this.rules.push([source.cameraId, rules.map(({ id }) => id)]);
  }

  noteObjects(source: EventSource, countByLabel: ReadonlyMap<string, number>): void {
    const camera = "cameraId" in source ? source.cameraId : "";
    const counts = Object.fromEntries(countByLabel);
    const [, last] = this.objects.findLast(([each]) => each === camera) ?? [];
    if (JSON.stringify(last) !== JSON.stringify(counts)) this.objects.push([camera, counts]);
  }
}
