/** The client package as people install it, and what it has to do in each runtime. @module */

import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { buildClient } from "../../tools/build_client.ts";

const ROOT = new URL("../../", import.meta.url);

/** A JPEG with a dog. */
export const DOG = fileURLToPath(new URL("tests/fixtures/dog.jpg", ROOT));
/** Some frames of it. */
export const DOG_VIDEO = fileURLToPath(new URL("tests/fixtures/dog.mp4", ROOT));

/** The program that is run in each runtime. */
export const SCENARIO = fileURLToPath(new URL("tests/client_package/scenario.js", ROOT));

/** The rules that the program asks for. */
const RULES = { sets: { dogs: [{ id: "dog", when: "enter", classes: ["dog"] }] } };

/** A folder for a program, in which the package is installed; disposing of it removes it. */
export interface ClientFolder extends AsyncDisposable {
  /** Ends with a slash. */
  path: string;
  /** A file for the server's `RULES_FILE`. */
  rulesFile: string;
}

/** Builds the package into the `node_modules` of a new folder, beside the package `ws`. */
export async function installClient(): Promise<ClientFolder> {
  const path = `${await Deno.makeTempDir()}/`;
  await buildClient(new URL(`node_modules/livesyte-client/`, `file://${path}`));
  await Deno.symlink(
    await Deno.realPath(new URL("node_modules/ws", ROOT)),
    `${path}node_modules/ws`,
  );
  const rulesFile = `${path}rules.json`;
  await Deno.writeTextFile(rulesFile, JSON.stringify(RULES));
  return { path, rulesFile, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Compares what the scenario reports with what has to come out. */
export function expectReport(report: unknown): void {
  const dog = expect.arrayContaining(["dog"]);
  expect(report).toEqual({
    pipelines: expect.arrayContaining(["yolo_only", "yolo_ocr"]),
    image: dog,
    stream: { frame_index: 1, labels: dog, isSame: true },
    names: ["Dog", "Dog & cat"],
    isOwnId: true,
    viewed: { labels: dog, bytes: Deno.statSync(DOG).size },
    frames: expect.any(Number),
    viewerEnds: expect.any(Number),
    counts: { sent: expect.any(Number), answered: expect.any(Number), dropped: 0, lost: 0 },
    event: { rule_id: "dog", type: "enter", label: "dog", isOfStream: true },
    errors: {
      pipeline: "invalid_pipeline",
      token: "unauthorized",
      job: "job_not_found",
      events: "bad_request",
      rules: "invalid_rules",
    },
    job: {
      last: "completed",
      indices: [0, 1, 2],
      csv: expect.stringContaining("frame_index,timestamp_ms,kind"),
      events: [[["any-dog", "count"]], [["dog", "enter"]]],
      left: 0,
    },
  });
  const { frames, counts } = report as {
    frames: number;
    counts: { sent: number; answered: number };
  };
  expect([frames, counts.answered]).toEqual([20, counts.sent]);
}
