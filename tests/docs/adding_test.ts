import { expect } from "expect";
import { copyProject } from "../copy_project.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

/** A step as somebody would add it who has read docs/contributing.md. */
const STEP = `
  largest: {
    description: "Keeps the largest detection.",
    runsOn: "main",
    accepts: { detections: "required" },
    produces: "detections",
    params: {},
    run: ({ detections = [] }) =>
      detections.toSorted((a, b) => boxArea(b.bbox) - boxArea(a.bbox)).slice(0, 1),
  },
`;

const PIPELINE = {
  id: "largest",
  name: "Largest",
  description: "Finds the largest object.",
  nodes: [
    { id: "decode", step: "decode" },
    { id: "detect", step: "detect" },
    { id: "largest", step: "largest" },
    { id: "output", step: "result" },
  ],
  edges: [
    { from: "decode", to: "detect" },
    { from: "detect", to: "largest" },
    { from: "decode", to: "output" },
    { from: "largest", to: "output" },
  ],
};

Deno.test("a step is added as docs/contributing.md says: an entry, and a definition that uses it", async () => {
  await ensureModel();
  await using copy = await copyProject();
  const steps = new URL("lib/pipeline/steps.ts", copy.root);
  const before = await Deno.readTextFile(steps);
  const place = "const ALL_STEPS: Record<string, Step> = {\n";
  expect(before).toContain(place);
  await Deno.writeTextFile(steps, before.replace(place, place + STEP));
  const own = new URL("own/", copy.root);
  await Deno.mkdir(own);
  await Deno.writeTextFile(new URL("largest.json", own), JSON.stringify(PIPELINE));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--cached-only", "--allow-all", "main.ts", "detect", "--json"],
      ...["--pipeline", "largest", "tests/fixtures/dog.jpg"],
    ],
    cwd: copy.root,
    env: { PIPELINE_DIR: "own", MODEL_DIR },
    signal: AbortSignal.timeout(240_000),
  }).output();
  expect([code, new TextDecoder().decode(stderr)]).toEqual([0, ""]);
  const { detections } = JSON.parse(new TextDecoder().decode(stdout));
  expect(detections.map(({ label }: { label: string }) => label)).toEqual(["bicycle"]);
});
