/**
 * Measures a frame, text, and a stream with text: `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { runCommand } from "../commands/run_command.ts";
import { UsageError } from "../commands/usage_error.ts";

const USAGE = `Usage: deno task bench [options]

Runs bench:frame, bench:ocr and bench:stream, each of which can be run by itself and has more options.

Options:
  --peers       Then compare with Ultralytics, OpenVINO and RapidOCR, which needs Python 3.11, and at the
                first time 3 GB from PyPI
  --images DIR  With --peers: measure accuracy on images with YOLO labels, too
  -h, --help    Show this text

The settings of the server apply.
`;

async function main(): Promise<number> {
  const options = parseOptions();
  if (options === undefined) {
    Deno.stdout.writeSync(new TextEncoder().encode(USAGE));
    return 0;
  }
  const { peers, images } = options;
  const labelled = images === undefined ? [] : ["--images", images];
  const runs = [["bench:frame"], ["bench:ocr"], ["bench:stream"]];
  if (peers) runs.push(["bench:frame", "--peers", ...labelled], ["bench:ocr", "--peers"]);
  for (const run of runs) {
    const { code } = await new Deno.Command(Deno.execPath(), { args: ["task", "-q", ...run] })
      .spawn().status;
    if (code !== 0) return code;
  }
  return 0;
}

function parseOptions(): { peers: boolean; images: string | undefined } | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        peers: { type: "boolean", default: false },
        images: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "deno task bench --help"`);
  }
  const { peers, images, help } = values;
  if (help) return undefined;
  if (images !== undefined && !peers) throw new UsageError("--images is for --peers");
  return { peers, images };
}

await runCommand(main);
