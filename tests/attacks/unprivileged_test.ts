import { expect } from "expect";
import { startServerProcess, thisProject } from "../../bench/server_process.ts";
import {
  ask,
  dogVideo,
  isOver,
  junkVideo,
  post,
  submit,
  untilJob,
} from "../routes/video_client.ts";
import { withoutFfmpeg } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
/** The user `nobody` of most systems. */
const NOBODY = 65_534;

/** A server that runs as a user who may do nothing but read: Deno and the project can lie in somebody's own folder. */
function asNobody() {
  const { command, args } = thisProject();
  const user = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--clear-groups"];
  const reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  return { command: "setpriv", args: [...user, ...reading, "--", command, ...args] };
}

const ignore = withoutFfmpeg || Deno.build.os !== "linux" || Deno.uid() !== 0;

Deno.test({
  name: "a server without privileges streams, and runs jobs in a directory of its own",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await Deno.chown(directory.path, NOBODY, NOBODY);
    const environment = { ...CHOSEN_PLAN, DATA_DIR: directory.path, HOME: directory.path };
    await using server = await startServerProcess(environment, asNobody());
    expect(Deno.readTextFileSync(`/proc/${server.pid}/status`)).toMatch(/^Uid:\s+65534\s+65534/m);
    await using stream = await PoliteStream.open(server.url);
    const id = await submit(server.url, await dogVideo(5));
    expect(await untilJob(server.url, id, isOver)).toMatchObject({ status: "completed" });
    expect((await ask(server.url, `/video/${id}`, "DELETE")).status).toBe(204);
    expect(await stream.countAnswers(1000)).toBeGreaterThan(0);
  },
});

Deno.test({
  name:
    "a server that may not write its data directory any more streams, and refuses uploads in words",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await Deno.chown(directory.path, NOBODY, NOBODY);
    const environment = { ...CHOSEN_PLAN, DATA_DIR: `${directory.path}/data` };
    await using server = await startServerProcess(environment, asNobody());
    await using stream = await PoliteStream.open(server.url);
    await Deno.chown(directory.path, 0, 0);
    const refused = await post(server.url, junkVideo(1000));
    expect([refused.status, await refused.json()]).toEqual([503, {
      error: "storage_unavailable",
      detail: "The server cannot keep video jobs now",
    }]);
    expect((await ask(server.url, "/health")).answer.status).toBe("healthy");
    expect(await stream.countAnswers(1000)).toBeGreaterThan(0);
  },
});
