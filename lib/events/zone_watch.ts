/**
 * Rules on objects in a zone: `enter`, `leave`, `dwell` and `count`.
 *
 * @module
 */

import type { NoticedEvent } from "../protocol/event.ts";
import type { FrameSize } from "../protocol/geometry.ts";
import type { Rule } from "../protocol/rule.ts";
import { type FollowedObject, PRESENT_MS } from "./followed_objects.ts";
import {
  countsFor,
  isOver,
  type Moment,
  noticed,
  noticedObject,
  type RuleWatch,
  type Tally,
} from "./rule_watch.ts";
import { Zone } from "./zone.ts";

/** How an object stands to the zone. */
interface Standing {
  /** `undefined` before it was looked at. */
  isInside: boolean | undefined;
  /** When it came in. */
  sinceMs: number;
  /** Whether this stay has been told. */
  hasDwelt: boolean;
  /** When something was last told of it. */
  toldMs: number | undefined;
}

/** Watches the zone of a rule. */
export class ZoneWatch implements RuleWatch {
  readonly #rule: Rule;
  readonly #standings = new Map<FollowedObject, Standing>();
  /** `undefined` for the whole picture. */
  #zone: Zone | undefined;
  /** Whether there were too few since `count` last told. */
  #isArmed = true;
  #toldMs: number | undefined;

  /** Begins with nothing seen. */
  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** How the objects stand to it. */
  get tally(): Tally {
    let inside = 0;
    for (const { isInside } of this.#standings.values()) if (isInside) inside += 1;
    return { inside, in: 0, out: 0 };
  }

  /** Begins anew with frames of a size. */
  begin(frame: FrameSize): void {
    const { zone } = this.#rule;
    this.#zone = zone === null ? undefined : new Zone(zone, frame);
    this.#standings.clear();
    this.#isArmed = true;
  }

  /** Looks at a frame, and tells what it notices. */
  look({ nowMs, seen, gone }: Moment): NoticedEvent[] {
    const events: NoticedEvent[] = [];
    for (const object of seen) this.#follow(object, nowMs, events);
    for (const object of gone) {
      const standing = this.#standings.get(object);
      if (standing === undefined) continue;
      if (standing.isInside && this.#rule.when === "leave") {
        this.#tell(object, standing, nowMs, events);
      }
      this.#standings.delete(object);
    }
    if (this.#rule.when === "count") this.#count(nowMs, events);
    return events;
  }

  #follow(object: FollowedObject, nowMs: number, events: NoticedEvent[]): void {
    if (!countsFor(this.#rule, object.label)) {
      this.#standings.delete(object);
      return;
    }
    let standing = this.#standings.get(object);
    if (standing === undefined) {
      standing = { isInside: undefined, sinceMs: 0, hasDwelt: false, toldMs: undefined };
      this.#standings.set(object, standing);
    }
    const { when, seconds } = this.#rule;
    for (const sighting of object.path) {
      const isInside = this.#zone?.decide(sighting, standing.isInside) ?? true;
      const wasInside = standing.isInside;
      if (isInside === wasInside) continue;
      standing.isInside = isInside;
      // One that is seen outside for the first time has not left.
      if (wasInside === undefined && !isInside) continue;
      standing.hasDwelt = false;
      if (isInside) standing.sinceMs = sighting.atMs;
      if (when === (isInside ? "enter" : "leave")) this.#tell(object, standing, nowMs, events);
    }
    if (when !== "dwell" || !standing.isInside || standing.hasDwelt) return;
    if (nowMs - standing.sinceMs < 1000 * seconds) return;
    standing.hasDwelt = true;
    this.#tell(object, standing, nowMs, events);
  }

  #tell(
    object: FollowedObject,
    standing: Standing,
    nowMs: number,
    events: NoticedEvent[],
  ): void {
    if (!isOver(this.#rule, standing.toldMs, nowMs)) return;
    standing.toldMs = nowMs;
    events.push(noticedObject(this.#rule, object));
  }

  /** Counts those inside; one that is out of sight for a moment is still there, but does not make it enough. */
  #count(nowMs: number, events: NoticedEvent[]): void {
    let [inside, present] = [0, 0];
    for (const [{ seenAtMs }, { isInside }] of this.#standings) {
      if (!isInside) continue;
      inside += 1;
      if (nowMs - seenAtMs <= PRESENT_MS) present += 1;
    }
    const { at_least, classes: [label = null, ...others] } = this.#rule;
    if (inside < at_least) this.#isArmed = true;
    if (!this.#isArmed || present < at_least) return;
    this.#isArmed = false;
    if (!isOver(this.#rule, this.#toldMs, nowMs)) return;
    this.#toldMs = nowMs;
    events.push(
      noticed(this.#rule, { label: others.length === 0 ? label : null, count: present }),
    );
  }
}
