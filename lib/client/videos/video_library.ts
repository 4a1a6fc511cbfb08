/** What the video page does: sends videos, follows their jobs, and fetches their results. */

import { batch } from "@preact/signals";
import { type ClearChoice, countVideos } from "./clear_choices.ts";
import {
  changeJob,
  clearJobs,
  deleteJob,
  explainVideoError,
  fetchEvents,
  fetchJobs,
  fetchResults,
  jobSocketUrl,
  type UploadOptions,
  uploadVideo,
} from "./video_api.ts";
import { isComplete } from "./rules_choice.ts";
import { type JobView, JobViewSchema } from "../../protocol/job.ts";
import { parseMessage } from "../../protocol/parse_message.ts";
import { ApiError } from "../server_api.ts";
import { MAX_PAGE_RESULTS } from "../../protocol/video_results.ts";
import type { Upload, VideoSignals } from "./video_signals.ts";

/** Jobs that are followed at a time; the others wait anyway. */
const MAX_SOCKETS = 6;
/** Errors that the same file with the same rules will always meet. */
const HOPELESS: ReadonlySet<string> = new Set(["invalid_video", "invalid_rules"]);
const REFRESH_MS = 10_000;
const RETRY_MS = 2000;

/** Whether nothing more happens to a job by itself. */
export function isFinished({ status }: JobView): boolean {
  return status !== "pending" && status !== "processing";
}

/** Whether a job can be done again; a file that cannot be decoded never will be. */
export function canRetry({ status, error }: JobView): boolean {
  return status === "cancelled" || (status === "failed" && error !== "decode_failed");
}

/** The jobs in the order of a list: those that failed first, since they need someone. */
export function orderJobs(jobs: readonly JobView[]): JobView[] {
  const isFailed = ({ status }: JobView) => status === "failed";
  return [...jobs.filter(isFailed), ...jobs.filter((job) => !isFailed(job))];
}

/** The videos of one page. */
export class VideoLibrary {
  readonly #signals: VideoSignals;
  readonly #page: string;
  readonly #sockets = new Map<string, WebSocket>();
  readonly #sending = new Map<string, { abort: AbortController; retry: () => void }>();
  #uploadsSoFar = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Asks the server for nothing yet: that begins with `refresh`.
   *
   * @param page Address of the page.
   */
  constructor(signals: VideoSignals, page: string) {
    this.#signals = signals;
    this.#page = page;
  }

  /** Address of the page. */
  get page(): string {
    return this.#page;
  }

  /** Asks for the jobs now, and from time to time; others may add some. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    let waitMs = REFRESH_MS;
    try {
      const jobs = await fetchJobs(this.#page);
      batch(() => {
        this.#signals.jobs.value = [...jobs].reverse();
        if (this.#signals.problem.value?.title === UNREACHABLE_TITLE) {
          this.#signals.problem.value = null;
        }
      });
      this.#follow();
    } catch (error) {
      waitMs = RETRY_MS;
      this.#report(error);
      // It stays so until the person has entered the token.
      if (this.#signals.problem.value?.asksForToken) return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), waitMs);
  }

  /** Shows a job or an upload on the stage; `null` for none. */
  select(id: string | null): void {
    const { selectedId, results, live } = this.#signals;
    if (id === selectedId.value) return;
    batch(() => {
      selectedId.value = id;
      results.value = null;
      live.lastResult.value = null;
    });
  }

  /** Sends a video with the pipeline, the frames and the rules that are chosen now, and shows it on the stage. */
  async send(file: File): Promise<void> {
    const { live, frameStride, rules } = this.#signals;
    if (live.pipelineId.value === null) return;
    // A video can be dropped although its button is disabled.
    if (!isComplete(rules.value)) {
      rules.value = { ...rules.value, problem: rules.value.problem || "Choose the rules first." };
      return;
    }
    await this.#send(file, {
      pipelineId: live.pipelineId.value,
      frameStride: frameStride.value,
      rules: rules.value.text,
    });
  }

  async #send(
    file: File,
    options: Pick<UploadOptions, "pipelineId" | "frameStride" | "rules">,
  ): Promise<void> {
    const id = `upload ${++this.#uploadsSoFar}`;
    const abort = new AbortController();
    const { name, size: bytes } = file;
    const upload: Upload = { id, name, bytes, sent: 0, failure: null, canRetry: true };
    this.#sending.set(id, {
      abort,
      retry: () => {
        this.discard(id);
        this.#send(file, options);
      },
    });
    const { uploads, selectedId, outcome } = this.#signals;
    outcome.value = "";
    uploads.value = [upload, ...uploads.value];
    this.select(id);
    try {
      const onProgress = (sent: number) => this.#change(id, { sent });
      const { signal } = abort;
      const jobId = await uploadVideo(this.#page, file, { ...options, onProgress, signal });
      await this.refresh();
      batch(() => {
        if (selectedId.value === id) this.select(jobId);
        this.discard(id);
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      const canRetry = !(error instanceof ApiError && HOPELESS.has(error.code));
      this.#change(id, { failure: explainVideoError(error), canRetry });
    }
  }

  /** Stops an upload, or forgets one that failed. */
  discard(uploadId: string): void {
    const { uploads, selectedId } = this.#signals;
    this.#sending.get(uploadId)?.abort.abort();
    this.#sending.delete(uploadId);
    uploads.value = uploads.value.filter(({ id }) => id !== uploadId);
    if (selectedId.value === uploadId) this.select(null);
  }

  /** Sends a video again whose upload failed. */
  sendAgain(uploadId: string): void {
    this.#sending.get(uploadId)?.retry();
  }

  /** Cancels a job, or lets a failed or cancelled one go on. */
  async change(jobId: string, change: "cancel" | "retry"): Promise<void> {
    try {
      this.#replace(await changeJob(this.#page, jobId, change));
      this.#follow();
    } catch (error) {
      this.#report(error);
      await this.refresh();
    }
  }

  /** Deletes a job. */
  async remove(jobId: string): Promise<void> {
    this.#signals.outcome.value = "";
    try {
      await deleteJob(this.#page, jobId);
    } catch (error) {
      this.#report(error);
    }
    if (this.#signals.selectedId.value === jobId) this.select(null);
    await this.refresh();
  }

  /** Removes many finished jobs, and tells how many. */
  async clear(choice: ClearChoice): Promise<void> {
    const { outcome, problem, selectedId, jobs } = this.#signals;
    const isSelectedThere = () => jobs.value?.some(({ job_id }) => job_id === selectedId.value);
    const wasThere = isSelectedThere();
    outcome.value = "";
    let removed: number | undefined;
    try {
      removed = await clearJobs(this.#page, choice);
      problem.value = null;
    } catch (error) {
      this.#report(error);
    }
    await this.refresh();
    if (wasThere && !isSelectedThere()) this.select(null);
    if (removed === undefined) return;
    outcome.value = removed === 0
      ? "There was nothing to delete."
      : `${countVideos(removed)} deleted.`;
  }

  /** Fetches the results of a completed job, page by page, then what its rules have noticed. */
  async loadResults(jobId: string): Promise<void> {
    const { jobs, results, selectedId } = this.#signals;
    try {
      let total = Infinity;
      for (let offset = 0; offset < total; offset += MAX_PAGE_RESULTS) {
        const page = await fetchResults(this.#page, jobId, { offset, limit: MAX_PAGE_RESULTS });
        if (selectedId.value !== jobId) return;
        total = page.total;
        const before = offset === 0 ? [] : results.value?.results ?? [];
        results.value = { jobId, total, results: [...before, ...page.results], events: [] };
      }
      if (!jobs.value?.find(({ job_id }) => job_id === jobId)?.rules) return;
      const events = await fetchEvents(this.#page, jobId);
      if (results.value?.jobId === jobId) results.value = { ...results.value, events };
    } catch (error) {
      this.#report(error);
    }
  }

  /** Listens to the jobs that are not finished. */
  #follow(): void {
    const unfinished = (this.#signals.jobs.value ?? []).filter((job) => !isFinished(job));
    // The oldest are processed first.
    for (const { job_id } of unfinished.reverse()) {
      if (this.#sockets.size >= MAX_SOCKETS) return;
      if (!this.#sockets.has(job_id)) this.#listen(job_id);
    }
  }

  #listen(jobId: string): void {
    const socket = new WebSocket(jobSocketUrl(this.#page, jobId));
    this.#sockets.set(jobId, socket);
    socket.onmessage = ({ data }) => {
      // What is no job is an error, which the close tells too.
      const job = parseMessage(JobViewSchema, String(data));
      if (job !== null) this.#replace(job);
    };
    socket.onclose = ({ wasClean }) => {
      this.#sockets.delete(jobId);
      // After an end as it should be there may be others to follow; else the server has gone for a while.
      setTimeout(() => this.refresh(), wasClean ? 0 : RETRY_MS);
    };
  }

  #replace(job: JobView): void {
    const { jobs } = this.#signals;
    jobs.value = (jobs.value ?? []).map((other) => other.job_id === job.job_id ? job : other);
  }

  #change(uploadId: string, change: Partial<Upload>): void {
    const { uploads } = this.#signals;
    uploads.value = uploads.value.map((upload) =>
      upload.id === uploadId ? { ...upload, ...change } : upload
    );
  }

  #report(error: unknown): void {
    this.#signals.problem.value = explainVideoError(error);
  }
}

const UNREACHABLE_TITLE = explainVideoError(new ApiError("unreachable")).title;

let pageLibrary: VideoLibrary | undefined;

/** The one library of this page, which its islands share; made on the first call. */
export function videoLibrary(signals: VideoSignals): VideoLibrary {
  return pageLibrary ??= new VideoLibrary(signals, location.href);
}
