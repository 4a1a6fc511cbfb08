/**
 * The tasks of one priority.
 *
 * @module
 */

import { FairTurns } from "./fair_turns.ts";

/** A task that waits for a worker or is with one. */
export interface QueuedTask {
  /** Tasks of one session take turns with those of the others. */
  readonly sessionId: string;
  /** How many workers may be busy with the session when this task is taken, this one's included. */
  readonly mostAtOnce: number;
}

/** A session with tasks that wait. */
interface WaitingSession<Task> {
  /** The first is the next. */
  tasks: Task[];
  /** When its turn is, in the virtual time of {@linkcode FairTurns}. */
  due: number;
}

/** Assumed duration of a task until one has finished, in milliseconds. */
const EXPECTED_MS = 100;

/** Sessions take turns in it, whatever each of them sends. Times are monotonic milliseconds. */
export class TaskLane<Task extends QueuedTask> {
  /** Until when it leaves the workers to more urgent tasks. */
  standsBackUntil = -Infinity;
  /** For how long there have been more urgent tasks, in all. */
  contendedMs = 0;
  /** By session, in the order in which they began to wait. */
  readonly #waiting = new Map<string, WaitingSession<Task>>();
  readonly #tasks = new Set<Task>();
  /** When each task was taken, and how long there had been more urgent ones by then. */
  readonly #starts = new Map<Task, { at: number; contendedMs: number }>();
  readonly #turns = new FairTurns();
  #activeAt = -Infinity;
  #passedOverSince = 0;
  #lastDurationMs = EXPECTED_MS;

  /** Number of tasks that wait. */
  get waiting(): number {
    return this.#tasks.size;
  }

  /** Number of tasks that are with a worker. */
  get running(): number {
    return this.#starts.size;
  }

  /** When it last had something to do; `Infinity` while it has. */
  get activeAt(): number {
    return this.waiting + this.running > 0 ? Infinity : this.#activeAt;
  }

  /** Since when tasks have been waiting without any being taken. */
  get passedOverSince(): number {
    return this.#passedOverSince;
  }

  /** How long the last finished task took. */
  get lastDurationMs(): number {
    return this.#lastDurationMs;
  }

  /** Whether there is a task that may be taken. */
  get hasNext(): boolean {
    return this.#next() !== undefined;
  }

  /** Adds a task. */
  push(task: Task, now: number): void {
    if (this.waiting === 0) this.#passedOverSince = now;
    this.#tasks.add(task);
    const session = this.#waiting.get(task.sessionId);
    if (session !== undefined) session.tasks.push(task);
    else {
      const due = this.#turns.dueFor(task.sessionId);
      this.#waiting.set(task.sessionId, { tasks: [task], due });
    }
  }

  /** Takes back a task; returns `false` where it does not wait. */
  remove(task: Task): boolean {
    if (!this.#tasks.delete(task)) return false;
    const session = this.#waiting.get(task.sessionId);
    if (session === undefined) return false;
    session.tasks.splice(session.tasks.indexOf(task), 1);
    if (session.tasks.length === 0) this.#waiting.delete(task.sessionId);
    return true;
  }

  /** Takes back all tasks that wait. */
  clear(): Task[] {
    const tasks = [...this.#tasks];
    this.#waiting.clear();
    this.#tasks.clear();
    return tasks;
  }

  /** Takes a task of the session that has had the fewest turns, among those that may have one more at work. */
  take(now: number): Task | undefined {
    const next = this.#next();
    if (next === undefined) return undefined;
    const { session, first: task } = next;
    this.remove(task);
    this.#turns.take(task.sessionId, session.due);
    if (session.tasks.length > 0) {
      // To the end of the line.
      this.#waiting.delete(task.sessionId);
      this.#waiting.set(task.sessionId, session);
      session.due = this.#turns.dueFor(task.sessionId);
    }
    this.#starts.set(task, { at: now, contendedMs: this.contendedMs });
    this.#passedOverSince = now;
    return task;
  }

  /**
   * Notes that a task is done.
   *
   * @returns For how long, meanwhile, there were more urgent ones
   */
  finish(task: Task, now: number): number {
    const start = this.#starts.get(task);
    if (start === undefined) throw new RangeError("Cannot finish a task that was not taken");
    this.#starts.delete(task);
    this.#lastDurationMs = now - start.at;
    this.#activeAt = now;
    return this.contendedMs - start.contendedMs;
  }

  /** The session whose turn it is, and its first task. */
  #next(): { session: WaitingSession<Task>; first: Task } | undefined {
    let next: { session: WaitingSession<Task>; first: Task } | undefined;
    for (const each of this.#runnable()) {
      if (next === undefined || each.session.due < next.session.due) next = each;
    }
    return next;
  }

  /** The sessions that may have one more task at work, in the order in which they came. */
  *#runnable(): Generator<{ session: WaitingSession<Task>; first: Task }> {
    for (const session of this.#waiting.values()) {
      const [first] = session.tasks;
      if (first === undefined) continue;
      const atWork = this.#starts.keys().filter(({ sessionId }) => sessionId === first.sessionId);
      if (atWork.toArray().length < first.mostAtOnce) yield { session, first };
    }
  }
}
