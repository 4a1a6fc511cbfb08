import { expect } from "expect";
import { RemoteJobDatabase } from "../../../../lib/video/jobs/database/remote_job_database.ts";
import { StorageUnavailableError } from "../../../../lib/video/errors.ts";
import { makeJob } from "../../../../lib/video/jobs/job.ts";
import { temporaryDirectory } from "../../temporary_directory.ts";

/** Workers that can be made to die. */
class MortalWorker extends Worker {
  static last: MortalWorker;

  constructor(script: string | URL, options?: WorkerOptions) {
    super(script, options);
    MortalWorker.last = this;
  }

  die(): void {
    this.onerror?.(new ErrorEvent("error", { message: "on purpose", cancelable: true }));
  }
}

Deno.test("a database whose worker dies is opened by the next call, with all that was written", async () => {
  await using directory = await temporaryDirectory();
  const { Worker: original } = globalThis;
  globalThis.Worker = MortalWorker;
  try {
    const { database, jobs } = await RemoteJobDatabase.open(`${directory.path}/jobs.sqlite`);
    expect(jobs).toEqual([]);
    const file = { pipelineId: "yolo_only", fileName: "a.mp4", fileBytes: 1 };
    const job = makeJob(crypto.randomUUID(), file, 0);
    await database.write({ jobs: [job] });
    const first = MortalWorker.last;
    const lost = database.countResults(job.id);
    first.die();
    await expect(lost).rejects.toThrow(StorageUnavailableError);
    expect(await database.countResults(job.id)).toEqual({ count: 0, nextFrame: 0 });
    expect(MortalWorker.last).not.toBe(first);
    await database.close();
    const again = await RemoteJobDatabase.open(`${directory.path}/jobs.sqlite`);
    expect(again.jobs).toHaveLength(1);
    await again.database.close();
    await expect(database.countResults(job.id)).rejects.toThrow("closed");
  } finally {
    globalThis.Worker = original;
  }
});
