import type { JobListener } from "./job_backend.ts";
import type { JobEvents } from "./job_events.ts";
import type { JobRemoval } from "./job_removal.ts";
import type { JobStorage } from "./job_storage.ts";

/** What changes that others have made are passed on to. */
export interface HearOptions extends Pick<JobStorage, "backend" | "files" | "jobs"> {
  /** Tells who subscribed here. */
  events: JobEvents;
  /** Takes jobs out of memory. */
  removal: JobRemoval;
  /** Runs work while no job is being changed. */
  run: JobListener["run"];
}

/** Keeps the jobs in memory as others make them, and tells of it as of changes that are made here. */
export function hearChanges({ backend, files, jobs, events, removal, run }: HearOptions): void {
  backend.listen?.({
    run,
    changed(job, idleMs) {
      const before = jobs.has(job.id) ? jobs.find(job.id).status : undefined;
      jobs.set(job, idleMs);
      const event = before === job.status ? "progress" : "status";
      events.emit(before === undefined ? "created" : event, job);
    },
    seen: (id, idleMs) => jobs.seen(id, idleMs),
    removed(id) {
      void files.remove(id);
      removal.forget(id);
    },
  });
}
