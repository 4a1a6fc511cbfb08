/** An event sink that remembers all it is told. */

import type { EventSink, EventSource, NoticedMoment } from "../../lib/events/event_sink.ts";

export class RememberedEvents implements EventSink {
  readonly moments: NoticedMoment[] = [];
  /** How many objects each camera showed, whenever that changed. */
  readonly objects: [camera: string, counts: Record<string, number>][] = [];

  record(moment: NoticedMoment): void {
    this.moments.push(moment);
  }

  noteObjects(source: EventSource, countByLabel: ReadonlyMap<string, number>): void {
    const camera = "cameraId" in source ? source.cameraId : "";
    const counts = Object.fromEntries(countByLabel);
    const [, last] = this.objects.findLast(([each]) => each === camera) ?? [];
    if (JSON.stringify(last) !== JSON.stringify(counts)) this.objects.push([camera, counts]);
  }
}
