import type { Measurement } from "./peer_answers.ts";

/** How frames follow each other. */
export interface Pace {
  /** How many. */
  frames: number;
  /** Milliseconds from the beginning of a frame to that of the next; 0 for back to back. */
  intervalMs: number;
}

/** One of those that are compared: livesyte with some settings, or another program. */
export interface Contestant extends AsyncDisposable {
  /** What it is called in tables and plots. */
  name: string;
  /** Its version, where it is another program. */
  version?: string;
  /** What it has found out about the machine, where it says so. */
  note?: string;
  /** Whether it is livesyte. */
  isOwn: boolean;
  /** Measures frames, after one or more to warm up. */
  measure(pace: Pace): Promise<Measurement>;
  /** Mean average precision over the overlaps from 0.5 to 0.95 on the labelled images, 0 to 1. */
  evaluate(): Promise<number>;
}
