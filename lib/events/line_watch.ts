/**
 * Rules on objects that cross a line: `cross`.
 *
 * @module
 */

import type { NoticedEvent } from "../protocol/event.ts";
import type { FrameSize } from "../protocol/geometry.ts";
import type { Rule } from "../protocol/rule.ts";
import type { FollowedObject, Sighting } from "./followed_objects.ts";
import { type Place, sideOf } from "./geometry.ts";
import {
  countsFor,
  HYSTERESIS,
  isOver,
  type Moment,
  noticedObject,
  type RuleWatch,
  type Tally,
} from "./rule_watch.ts";

/** The way over the line: `in` to its right-hand side. */
type Direction = "in" | "out";

/** How an object stands to the line. */
interface Standing {
  /** The way by which it would have come to where it last was beyond doubt; `undefined` before that. */
  side: Direction | undefined;
  /** Where it last was, and on which side of the line, in pixels to the right. */
  last: { anchor: Place; offset: number } | undefined;
  /** Whether it last changed sides between the ends of the line, rather than past them. */
  isWithinEnds: boolean;
  /** When something was last told of it, by direction. */
  toldMs: Partial<Record<Direction, number>>;
}

/** Watches the line of a rule. */
export class LineWatch implements RuleWatch {
  readonly #rule: Rule;
  readonly #standings = new Map<FollowedObject, Standing>();
  readonly #crossings: Record<Direction, number> = { in: 0, out: 0 };
  #from: Place = [0, 0];
  #to: Place = [1, 0];
  /** The margin at the most, so that there is room for it on both sides, in pixels. */
  #mostMargin = 0;

  /** Begins with nothing seen. */
  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** How the objects stand to it. */
  get tally(): Tally {
    return { inside: 0, ...this.#crossings };
  }

  /** Begins anew with frames of a size. */
  begin({ width, height }: FrameSize): void {
    const [[ax, ay], [bx, by]] = this.#rule.line ?? [[0, 0], [1, 0]];
    this.#from = [ax * width, ay * height];
    this.#to = [bx * width, by * height];
    const corners: Place[] = [[0, 0], [width, 0], [0, height], [width, height]];
    const offsets = corners.map((corner) => sideOf(this.#from, this.#to, corner));
    this.#mostMargin = Math.max(0, Math.min(Math.max(...offsets), -Math.min(...offsets)) / 2);
    this.#standings.clear();
  }

  /** Looks at a frame, and tells what it notices. */
  look({ nowMs, seen, gone }: Moment): NoticedEvent[] {
    const events: NoticedEvent[] = [];
    for (const object of seen) {
      if (countsFor(this.#rule, object.label)) this.#follow(object, nowMs, events);
      else this.#standings.delete(object);
    }
    for (const object of gone) this.#standings.delete(object);
    return events;
  }

  #follow(object: FollowedObject, nowMs: number, events: NoticedEvent[]): void {
    let standing = this.#standings.get(object);
    if (standing === undefined) {
      standing = { side: undefined, last: undefined, isWithinEnds: false, toldMs: {} };
      this.#standings.set(object, standing);
    }
    for (const sighting of object.path) {
      const direction = this.#move(standing, sighting);
      if (direction === undefined) continue;
      const count = this.#crossings[direction] += 1;
      if (!isOver(this.#rule, standing.toldMs[direction], nowMs)) continue;
      standing.toldMs[direction] = nowMs;
      events.push(noticedObject(this.#rule, object, { count, direction }));
    }
  }

  /** Moves an object; gives the way by which it has crossed the line, if it has. */
  #move(standing: Standing, { anchor, size }: Sighting): Direction | undefined {
    const offset = sideOf(this.#from, this.#to, anchor);
    const { last, side } = standing;
    if (last !== undefined && (last.offset >= 0) !== (offset >= 0)) {
      standing.isWithinEnds = this.#meetsLine(last, { anchor, offset });
    }
    standing.last = { anchor, offset };
    if (Math.abs(offset) < Math.min(HYSTERESIS * size, this.#mostMargin)) return undefined;
    const now = offset >= 0 ? "in" : "out";
    standing.side = now;
    const hasCrossed = side !== undefined && side !== now && standing.isWithinEnds;
    return hasCrossed ? now : undefined;
  }

  /** Whether the way between two places on different sides leads between the ends of the line. */
  #meetsLine(from: { anchor: Place; offset: number }, to: { anchor: Place; offset: number }) {
    const share = from.offset / (from.offset - to.offset);
    const [x, y] = [
      from.anchor[0] + share * (to.anchor[0] - from.anchor[0]),
      from.anchor[1] + share * (to.anchor[1] - from.anchor[1]),
    ];
    const [dx, dy] = [this.#to[0] - this.#from[0], this.#to[1] - this.#from[1]];
    const along = (x - this.#from[0]) * dx + (y - this.#from[1]) * dy;
    return along >= 0 && along <= dx * dx + dy * dy;
  }
}
