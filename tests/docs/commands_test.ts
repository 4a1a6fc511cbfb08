import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { isMissing } from "../needs.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { makeDocuments } from "../../tools/docs.ts";

const ROOT = new URL("../../", import.meta.url);
const DOG = new URL("../fixtures/dog.jpg", import.meta.url);

/** What is expected of each command that the documents show; those that are not run here say where they are. */
const COMMANDS: Readonly<Record<string, RegExp | { runElsewhere: string }>> = {
  "npx -y --prefer-offline deno@2.9.6 task start": {
    runElsewhere: ".ci/run, and tests/e2e/server.ts",
  },
  "npx -y --prefer-offline deno@2.9.6 task start --lan": {
    runElsewhere: "tests/commands/lan_test.ts, and tests/e2e/lan_test.ts",
  },
  "npx -y --prefer-offline deno@2.9.6 task test": { runElsewhere: "this is it" },
  'curl --data-binary @tests/fixtures/dog.jpg -H "Content-Type: image/jpeg" http://127.0.0.1:8000/pipelines/yolo_only/run':
    /"label":"dog"/,
  'curl -F file=@walk.mp4 "http://127.0.0.1:8000/video/submit?pipeline_id=yolo_only"': /"job_id"/,
  "deno task run video walk.mp4 --pipeline yolo_only --out results.jsonl": /^/,
  "deno task run video recording.mp4 --pipeline yolo_only --rules rules.json": {
    runElsewhere: "tests/commands/video_rules_test.ts",
  },
  'curl -X DELETE "http://127.0.0.1:8000/video/jobs?status=failed"': /"removed":0/,
  "deno task run jobs clear --status completed --older-than 24 --url http://127.0.0.1:8000/":
    /No jobs removed/,
  "curl --data @pipelines/yolo_only.json http://127.0.0.1:8000/pipelines/validate": /"valid":true/,
  "deno task client": /dist\/client\/mod\.d\.ts/,
  "STREAM_ALLOWED_ORIGINS=http://localhost:5173 deno task start": {
    runElsewhere: "tests/e2e/examples_test.ts",
  },
  "curl --data @door.json http://127.0.0.1:8000/camera": /"id":"door".*"state":"idle"/,
  'curl --request PATCH --data \'{"rules":[{"id":"visitor","when":"enter","classes":["person"]}]}\' http://127.0.0.1:8000/camera/door':
    /"rules":\[\{"id":"visitor",.*"when":"enter"/,
  'curl --data \'{"url":"file:///videos/door.mp4"}\' http://127.0.0.1:8000/camera/test':
    /"ok":false,"error":"not_found"/,
  "deno task evaluate photographs": /photographs: 1 image, 1 object of 1 class\n/,
  "deno task quantize --model my.onnx --images photographs": {
    runElsewhere: "tests/commands/quantize_test.ts",
  },
  "deno task bench:frame --peers --images photographs --json bench/comparison.json": {
    runElsewhere: "it takes minutes, and fetches 3 GB",
  },
  "deno task models --list": /yolov8n .*yes/,
  "deno task detect --tiles 3x2 tests/fixtures/dog.jpg": /dog\.jpg: 768 x 576/,
  "deno task models add best.onnx --name lorries --licence MIT": {
    runElsewhere: "tests/commands/models_test.ts",
  },
  "deno task load --seconds 5 --idle 100": /Jain index/,
  "deno task compile": { runElsewhere: "tests/e2e/binary_test.ts" },
  "deno run -A node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12": {
    runElsewhere: "nowhere: it fetches hundreds of megabytes from NuGet",
  },
  "deno task ok": { runElsewhere: "it runs these tests" },
  "deno task docs": { runElsewhere: "the next test does the same without writing" },
  "nats-server -c docs/nats.conf": { runElsewhere: "tests/docs/scaling_test.ts" },
  "NATS_URL=nats://127.0.0.1:4222 deno task worker": {
    runElsewhere: "tests/docs/scaling_test.ts",
  },
  "NATS_URL=nats://127.0.0.1:4222 PIPELINE_WORKERS=0 deno task start": {
    runElsewhere: "tests/docs/scaling_test.ts",
  },
  "deno task soak --minutes 10": { runElsewhere: "too long; run before each release" },
  "deno task soak --cluster --minutes 10": { runElsewhere: "too long; run before each release" },
};

/** The commands of all blocks of shell in README.md and docs/, one a line. */
async function shownCommands(): Promise<string[]> {
  const files = [...Deno.readDirSync(new URL("docs/", ROOT))]
    .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`);
  const commands: string[] = [];
  for (const file of ["README.md", ...files]) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    for (const [, block = ""] of text.matchAll(/^```sh\n(.*?)^```/gms)) {
      commands.push(...block.replaceAll(/ *\\\n */g, " ").trim().split("\n"));
    }
  }
  return commands;
}

async function runShell(command: string): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd: ROOT,
    env: { PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}` },
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, output: code === 0 ? output ?? "" : `${output}${errors}` };
}

Deno.test("every command that the documents show is known to this test", async () => {
  expect([...new Set(await shownCommands())].toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
});

Deno.test({
  name: "the commands that the documents show work",
  async fn(t) {
    await using server = await startServerProcess({ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" });
    const folder = await Deno.makeTempDir();
    await Deno.copyFile(DOG_VIDEO, `${folder}/walk.mp4`);
    const cameras = await Deno.readTextFile(new URL("docs/cameras.md", ROOT));
    const [, door = ""] = /```json\n(.*?)```/s.exec(cameras) ?? [];
    await Deno.writeTextFile(`${folder}/door.json`, door);
    await Deno.mkdir(`${folder}/photographs`);
    await Deno.copyFile(DOG, `${folder}/photographs/dog.jpg`);
    await Deno.writeTextFile(`${folder}/photographs/dog.txt`, "16 0.286 0.658 0.232 0.559\n");
    for (const [command, expected] of Object.entries(COMMANDS)) {
      if (!(expected instanceof RegExp)) continue;
      const ignore = command.startsWith("curl ") && isMissing("curl");
      await t.step({
        name: command,
        ignore,
        fn: async () => {
          const here = command.replace("http://127.0.0.1:8000/", server.url)
            .replace("door.json", `${folder}/door.json`)
            .replace("walk.mp4", `${folder}/walk.mp4`)
            .replace("results.jsonl", `${folder}/results.jsonl`)
            .replace("evaluate photographs", `evaluate ${folder}/photographs`)
            // Enough to see that it works, and not to get in the way of other tests.
            .replace("--seconds 5 --idle 100", "--seconds 1 --sessions 2 --idle 10");
          const { code, output } = await runShell(here);
          expect([code, output]).toEqual([0, expect.stringMatching(expected)]);
        },
      });
    }
    const results = await Deno.readTextFile(`${folder}/results.jsonl`);
    expect(results.trim().split("\n")).toHaveLength(10);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("the documents that are made from the code are current (else run `deno task docs`)", async () => {
  for (const [name, text] of Object.entries(await makeDocuments())) {
    expect([name, await Deno.readTextFile(new URL(name, ROOT))]).toEqual([name, text]);
  }
});

Deno.test("links between the documents lead somewhere", async () => {
  const files = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  for (const file of ["README.md", ...files].filter((name) => name.endsWith(".md"))) {
    const url = new URL(file, ROOT);
    const text = await Deno.readTextFile(url);
    for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(link)) continue;
      const exists = await Deno.stat(new URL(link, url)).then(() => true, () => false);
      expect([file, link, exists]).toEqual([file, link, true]);
    }
  }
});
