import { expect } from "expect";
import { runVideo } from "../../commands/video.ts";
import { parseConfig } from "../../lib/config.ts";
import type { VideoEvent, VideoEvents } from "../../lib/protocol/video_events.ts";
import { UserError } from "../../lib/user_error.ts";
import { Services } from "../../services.ts";
import { differences } from "../protocol/described.ts";
import { filmVideo, VISIT, VISIT_EVENTS, VISIT_RULES } from "../events/filmed_video.ts";
import { startTestServer } from "../routes/test_server.ts";
import { DOG_VIDEO, withoutFfmpeg } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { waitFor } from "../video/wait_for.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const directory = await temporaryDirectory();
const VIDEO = `${directory.path}/visit.mp4`;
const RULES = `${directory.path}/rules.json`;

Deno.test.beforeAll(async () => {
  await Deno.writeTextFile(RULES, JSON.stringify(VISIT_RULES));
  if (!withoutFfmpeg) await filmVideo(VISIT, VIDEO);
});

Deno.test.afterAll(async () => await directory[Symbol.asyncDispose]());

async function run(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", MAIN, "video", ...args],
    env: { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Expects the events of the film, each within 0.7 s of when it happens. */
function expectVisit(events: readonly VideoEvent[]): void {
  const sorted = (list: [string, string][]) => list.map((each) => each.join(": ")).sort();
  expect(sorted(events.map((event) => [
    event.rule_id,
    [event.type, event.label, event.direction, event.count].filter((each) => each !== null)
      .join(" "),
  ]))).toEqual(sorted(VISIT_EVENTS.map(([rule, what]) => [rule, what])));
  for (const { rule_id, type, direction, timestamp_ms, frame_index } of events) {
    const second = VISIT_EVENTS.find(([rule, what]) =>
      rule === rule_id && what.includes(direction ?? type)
    )?.[2] ?? NaN;
    const isThen = Math.abs(timestamp_ms / 1000 - second) < 0.7;
    expect([rule_id, timestamp_ms, isThen]).toEqual([rule_id, timestamp_ms, true]);
    expect(frame_index).toBe(timestamp_ms / 100);
  }
}

Deno.test({
  name: "rules on a real video give exactly the events that happen in it",
  ignore: withoutFfmpeg,
  async fn() {
    const { code, stdout, stderr } = await run(VIDEO, "--pipeline", "yolo_only", "--rules", RULES);
    expect([code, stderr]).toEqual([0, ""]);
    expectVisit(stdout.trimEnd().split("\n").map((line): VideoEvent => JSON.parse(line)));
  },
});

Deno.test("wrong rules are told in one line, with file and place", async () => {
  const path = `${directory.path}/wrong.json`;
  const environment = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2", DATA_DIR: directory.path };
  const wrong = {
    "{}": "rules: expected a list of rules",
    '[{"id":"a","when":"text"}]':
      'rules[0].pattern: "text" needs a pattern: expected a regular expression',
    '[{"id":"a","when":"enter","classes":["persona"]}]':
      'rules[0].classes[0]: the pipeline yolo_only finds no "persona": it finds "person", ',
  };
  for (const [rules, problem] of Object.entries(wrong)) {
    await Deno.writeTextFile(path, rules);
    const args = [DOG_VIDEO, "--pipeline", "yolo_only", "--rules", path];
    const error = await runVideo(args, () => new Services(parseConfig(environment)))
      .catch((error) => error);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(`Cannot use --rules ${path}: ${problem}`);
    expect(error.message).not.toContain("\n");
  }
});

Deno.test({
  name: "a video job tells what its rules notice, in three forms, and what others would",
  ignore: withoutFfmpeg,
  async fn() {
    const sets = `${directory.path}/sets.json`;
    await Deno.writeTextFile(sets, JSON.stringify({ sets: { line: [VISIT_RULES[4]] } }));
    await using server = await startTestServer({ environment: { RULES_FILE: sets } });
    const submit = async (rules: string) => {
      const body = new FormData();
      body.set("file", new File([await Deno.readFile(VIDEO)], "visit.mp4"));
      body.set("rules", rules);
      const init = { method: "POST", body };
      const response = await server.fetch("/video/submit?pipeline_id=yolo_only", init);
      return [response.status, await response.json()] as const;
    };
    const wrong = [{ ...VISIT_RULES[0], classes: ["Person"] }];
    expect(await submit(JSON.stringify(wrong))).toMatchObject([400, {
      error: "invalid_rules",
      field: "rules[0].classes[0]",
    }]);
    expect(await submit("nowhere")).toMatchObject([400, {
      error: "invalid_rules",
      detail:
        "Cannot use rules: expected a list of rules as JSON, or the name of a set of RULES_FILE",
    }]);
    const { job_id: id } = (await submit(JSON.stringify(VISIT_RULES)))[1];
    const events = (query = "") => server.fetch(`/video/events/${id}${query}`);
    expect((await events()).status).toBe(409);
    const view = async () => await (await server.fetch(`/video/status/${id}`)).json();
    const { store } = await server.services.videos.open();
    await waitFor(() => store.get(id).status === "completed", 60_000);
    expect(differences("JobView", await view())).toEqual([]);
    const answer: VideoEvents = await (await events()).json();
    expect(differences("VideoEvents", answer)).toEqual([]);
    expectVisit(answer.events);
    expect(answer.counts.find(({ rule_id }) => rule_id === "line"))
      .toEqual({ rule_id: "line", inside: 0, in: 1, out: 1, events: 2 });
    const lines = (await (await events("?format=jsonl")).text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(answer.events);
    const [head, ...rows] = (await (await events("?format=csv")).text()).trimEnd().split("\r\n");
    expect(head).toBe(
      "frame_index,timestamp_ms,rule_id,type,label,track_id,confidence,x,y,width,height,text,count,direction",
    );
    expect(rows.map((row) => row.split(",").slice(0, 4)))
      .toEqual(answer.events.map((each) => [
        String(each.frame_index),
        String(each.timestamp_ms),
        each.rule_id,
        each.type,
      ]));
    const others: VideoEvents = await (await events("?rules=line")).json();
    expect(others.events.map(({ direction }) => direction)).toEqual(["in", "out"]);
    expect((await events("?rules=[{}]")).status).toBe(400);
    expect((await server.fetch(`/video/events/${crypto.randomUUID()}`)).status).toBe(404);
  },
});
