/**
 * Decides which task a worker gets next: the most urgent first, sessions in turn, and without starving any.
 *
 * @module
 */

import { type QueuedTask, TaskLane } from "./task_lane.ts";

/** What tasks are for, the most urgent first. */
export const PRIORITIES = ["stream", "camera", "image", "job"] as const;

/** What a task is for. */
export type Priority = typeof PRIORITIES[number];

/** A task of a {@linkcode FairQueue}. */
export interface PrioritizedTask extends QueuedTask {
  /** What it is for. */
  readonly priority: Priority;
}

/**
 * A priority that has been in the way of more urgent tasks stands back for so many times as long; several workers share that.
 * It is not passed over for longer either, so it gets one thirteenth of the time that both compete for.
 */
const PATIENCE = 12;

/** The same of cameras, where streams have a worker that is left to them: what is lost with a camera's frame is seen. */
const PATIENCE_OF_CAMERAS = 3;

/** Weight of running beside a more urgent task, which is slowed down, against running before it, which makes it wait. */
const SLOWED_WEIGHT = 1 / 2;

/** Time without a task after which a priority no longer counts as live, in milliseconds. */
const LIVE_MS = 1000;

/**
 * The tasks that wait for a worker or are with one, in four rules:
 *
 * - The most urgent task goes first; among those of one priority, sessions take turns.
 * - While a priority is live, the less urgent ones leave one worker to it, if there are several.
 * - A task cannot be interrupted, and slows down those beside it. So a priority pays for the time in which it was at work while a
 *   more urgent one had something to do: it stands back for several times as long, even from idle workers. Else a stream that
 *   sends its next frame a moment after each answer would find a less urgent task in its way every time.
 * - A priority that has been passed over for several times as long as a task of it takes goes first once.
 *
 * All times are monotonic milliseconds.
 */
export class FairQueue<Task extends PrioritizedTask> {
  readonly #workers: number;
  readonly #lanes = PRIORITIES.map(() => new TaskLane<Task>());
  #countedAt = 0;

  /**
   * Begins without tasks.
   *
   * @param workers Number of workers that the tasks are for, from 1
   */
  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Number of tasks that wait. */
  get waiting(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** Number of tasks that are with a worker. */
  get running(): number {
    return countRunning(this.#lanes);
  }

  /** Number of tasks that are with a worker, or would be if there were enough. */
  wanted(now: number): number {
    const lanes = this.#lanes.filter((lane) => !this.#isHeld(lane, now));
    return lanes.reduce((sum, lane) => sum + lane.waiting, this.running);
  }

  /** Adds a task. */
  push(task: Task, now: number): void {
    this.#countContention(now);
    this.#lane(task).push(task, now);
  }

  /** Takes back a task; returns `false` if it no longer waits. */
  remove(task: Task, now: number): boolean {
    this.#countContention(now);
    return this.#lane(task).remove(task);
  }

  /** Takes back all tasks that wait. */
  clear(now: number): Task[] {
    this.#countContention(now);
    return this.#lanes.flatMap((lane) => lane.clear());
  }

  /** Takes the next task for an idle worker; `undefined` if the worker should stay idle for now. */
  take(now: number): Task | undefined {
    this.#countContention(now);
    const ready = this.#lanes.filter((lane) => lane.hasNext);
    const next = ready.find((lane) => this.#isOverdue(lane, now)) ??
      ready.find((lane) => !this.#isHeld(lane, now));
    return next?.take(now);
  }

  /** Notes that a task is done, whether or not it succeeded. */
  finish(task: Task, now: number): void {
    this.#countContention(now);
    const lane = this.#lane(task);
    const contendedMs = lane.finish(task, now);
    if (contendedMs > 0) {
      const isCamera = task.priority === "camera" && this.#workers > 1;
      const patience = isCamera ? PATIENCE_OF_CAMERAS : PATIENCE;
      lane.standsBackUntil = now + patience * contendedMs / this.#workers;
    }
  }

  /** When to try `take` again even if no task arrives or ends; `Infinity` for never. */
  retryAt(now: number): number {
    const held = this.#lanes.filter((lane) => lane.hasNext && this.#isHeld(lane, now));
    return Math.min(...held.map((lane) => {
      const activeAt = Math.max(...this.#moreUrgent(lane).map((each) => each.activeAt));
      const { standsBackUntil } = lane;
      return Math.min(activeAt + LIVE_MS, standsBackUntil > now ? standsBackUntil : Infinity);
    }));
  }

  #lane({ priority }: Task): TaskLane<Task> {
    // There is one for each priority.
    return this.#lanes[PRIORITIES.indexOf(priority)] as TaskLane<Task>;
  }

  /** Notes for each lane how long more urgent ones have had something to do; called before anything changes. */
  #countContention(now: number): void {
    const elapsed = now - this.#countedAt;
    this.#countedAt = now;
    let weight = 0;
    for (const lane of this.#lanes) {
      lane.contendedMs += weight * elapsed;
      if (lane.waiting > 0) weight = 1;
      else if (lane.running > 0) weight = Math.max(weight, SLOWED_WEIGHT);
    }
  }

  #moreUrgent(lane: TaskLane<Task>): TaskLane<Task>[] {
    return this.#lanes.slice(0, this.#lanes.indexOf(lane));
  }

  #patience(milliseconds: number): number {
    return PATIENCE * milliseconds / this.#workers;
  }

  /** Whether a lane leaves the workers to those that are more urgent. */
  #isHeld(lane: TaskLane<Task>, now: number): boolean {
    const live = this.#moreUrgent(lane).find(({ activeAt }) => now - activeAt < LIVE_MS);
    if (live === undefined) return false;
    const lessUrgent = this.#lanes.slice(this.#lanes.indexOf(live) + 1);
    const isLastWorker = this.#workers > 1 && countRunning(lessUrgent) >= this.#workers - 1;
    return isLastWorker || now < lane.standsBackUntil;
  }

  /** Whether a lane has been passed over for so long that it is its turn before all others. */
  #isOverdue(lane: TaskLane<Task>, now: number): boolean {
    return lane.running === 0 && now >= lane.standsBackUntil &&
      now - lane.passedOverSince > this.#patience(lane.lastDurationMs);
  }
}

function countRunning(lanes: readonly TaskLane<QueuedTask>[]): number {
  return lanes.reduce((sum, { running }) => sum + running, 0);
}
