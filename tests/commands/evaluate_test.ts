import { expect } from "expect";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { ensureModel } from "../pipeline/models.ts";
import { runMain } from "./run_main.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** What is in the images, where `tests/fixtures/README.md` says that the uncut network at 640×640 finds it. */
const LABELS: Readonly<Record<string, string>> = {
  // A dog, a bicycle and a car.
  dog: "16 0.286 0.658 0.232 0.559\n1 0.456 0.479 0.568 0.498\n2 0.755 0.216 0.293 0.167\n",
  person: "0 0.365 0.559 0.133 0.651\n17 0.786 0.573 0.305 0.491\n16 0.211 0.718 0.222 0.191\n",
  horses: "17 0.668 0.547 0.208 0.270\n17 0.206 0.594 0.408 0.430\n17 0.100 0.457 0.197 0.184\n" +
    "17 0.461 0.552 0.259 0.318\n",
};

/** Lays the images and labels out in folders of their own. */
async function makeDataset(
  more: Record<string, string> = {},
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  await Deno.mkdir(join(path, "images"));
  await Deno.mkdir(join(path, "labels"));
  for (const [name, labels] of Object.entries(LABELS)) {
    await Deno.copyFile(fixture(`${name}.jpg`), join(path, "images", `${name}.jpg`));
    await Deno.writeTextFile(join(path, "labels", `${name}.txt`), labels);
  }
  for (const [name, text] of Object.entries(more)) {
    await Deno.writeTextFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("evaluate --json gives the accuracy by size and class, beside the uncut network", async () => {
  await ensureModel();
  await using dataset = await makeDataset();
  const { code, stdout, stderr } = await runMain(["evaluate", "--json", dataset.path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ images: 3, objects: 10, confidence: 0.25, iou: 0.45 });
  expect(report.in_use).toMatchObject({
    model: "yolov8n.onnx",
    input: { width: 640, height: 480 },
    fits_frames: true,
    arithmetic: "8 bits",
    sizes: { small: null, medium: null },
  });
  expect(report.uncut).toMatchObject({ input: { width: 640, height: 640 }, arithmetic: "float32" });
  for (const { all, sizes, classes } of [report.in_use, report.uncut]) {
    expect(all.map50).toBeGreaterThan(0.8);
    expect(all.recall).toBeGreaterThan(0.8);
    expect(sizes.large.objects).toBe(10);
    expect(classes.map(({ name, objects }: { name: string; objects: number }) => [name, objects]))
      .toEqual([["person", 1], ["bicycle", 1], ["car", 1], ["dog", 2], ["horse", 5]]);
  }
  // The labels are what it finds, and other inputs and numbers place boxes less exactly.
  expect(report.uncut.all.map50_95).toBeGreaterThan(0.99);
  expect(report.in_use.all.map50_95).toBeGreaterThan(0.6);
  expect(report.in_use.all.map50_95).toBeLessThan(0.99);
});

Deno.test("evaluate prints tables, for the settings of the server and the names of the data set", async () => {
  await ensureModel();
  await using dataset = await makeDataset({
    "labels/horses.txt": "0 0.206 0.594 0.408 0.430\n",
    "labels/dog.txt": "1 0.286 0.658 0.232 0.559\n",
    "labels/person.txt": "",
    "labels/classes.txt": "horse\ndog\nunicorn\n",
  });
  const { code, stdout, stderr } = await runMain(["evaluate", dataset.path], {
    environment: { PIPELINE_INPUT_SIZE: "320x256", YOLO_CONFIDENCE: "0.4" },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`${dataset.path}: 3 images, 2 objects of 2 classes\n`);
  expect(stdout).toContain("above a confidence of 0.4\n");
  expect(stdout).toContain("In use: yolov8n.onnx at 320x256, 8 bits\n");
  expect(stdout).toContain("As exported: yolov8n.onnx at 640x640, float32\n");
  expect(stdout).toMatch(/^ {2}all +2 +\d\.\d{3} +\d\.\d{3} +\d\.\d{3} +1\.000 +\d\.\d{3}$/m);
  expect(stdout).toMatch(/^ {2}small +0 +- +- +- +- +-$/m);
  expect(stdout).toMatch(/^ {2}dog +1( +\d\.\d{3}){6}\n {2}horse +1( +\d\.\d{3}){6}\n$/m);
});

/** A model that takes dogs for cats and cats for dogs. */
async function writeRenamed(path: string): Promise<void> {
  const model = parseOnnx(await Deno.readFile(await ensureModel()));
  const names = { cat: "dog", dog: "cat" } as const;
  for (const property of model.metadata_props) {
    if (property.key !== "names") continue;
    property.value = property.value.replaceAll(
      /'(cat|dog)'/g,
      (_, name: keyof typeof names) => `'${names[name]}'`,
    );
  }
  await Deno.writeFile(path, serializeOnnx(model));
}

Deno.test("evaluate tells in one line what it cannot use", async () => {
  await ensureModel();
  await using beyond = await makeDataset({ "labels/dog.txt": "80 0.5 0.5 0.1 0.1\n" });
  await using malformed = await makeDataset({ "labels/dog.txt": "16 0.5 0.5 0.1\n" });
  await using broken = await makeDataset({ "images/dog.jpg": "no image" });
  await using empty = await makeDataset();
  await Deno.remove(join(empty.path, "images"), { recursive: true });
  await using unlabelled = await makeDataset();
  await Deno.remove(join(unlabelled.path, "labels"), { recursive: true });
  await using dataset = await makeDataset({
    "data.yaml": "names: {0: person, 1: bicycle, 2: car, 16: dog, 17: horse}",
  });
  const renamed = join(dataset.path, "renamed.onnx");
  await writeRenamed(renamed);
  const cases: [string[], RegExp][] = [
    [[], /^livesyte: Name one folder of images and labels; see "evaluate --help"\n$/],
    [["--quick", "x"], /^livesyte: Unknown option '--quick'; see "evaluate --help"\n$/],
    [["gone"], /^livesyte: Cannot read gone: there is no such file or folder\n$/],
    [[empty.path], /^livesyte: There is no JPEG, PNG or WebP image in .*\n$/],
    [[unlabelled.path], /^livesyte: There are no labels for the images in .*\n$/],
    [[malformed.path], /^livesyte: Cannot use line 1 of .*labels\/dog\.txt: expected five .*\n$/],
    [
      [beyond.path],
      /^livesyte: Cannot use line 1 of .*: class 80 is beyond the model's last, 79\n$/,
    ],
    [[broken.path], /^livesyte: Cannot read .*images\/dog\.jpg: it is not a JPEG, .*\n$/],
    [
      ["--reference", renamed, dataset.path],
      /^livesyte: Cannot compare with .*renamed\.onnx: it numbers its classes otherwise\n$/,
    ],
    [["--reference", fixture("dog.jpg"), beyond.path], /^livesyte: Cannot use the model .*\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runMain(["evaluate", ...args]);
    expect([args, code, stdout]).toEqual([args, 2, ""]);
    expect(stderr).toMatch(message);
  }
});

Deno.test("evaluate --help tells what it does", async () => {
  const { code, stdout } = await runMain(["evaluate", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Usage: deno task evaluate [options] DIR");
});

Deno.test("evaluate --tiles measures the model in use with tiles, and the uncut one without", async () => {
  await ensureModel();
  await using dataset = await makeDataset();
  const run = (...args: string[]) => runMain(["evaluate", ...args, dataset.path]);
  const { code, stdout } = await run("--json", "--tiles", "2x2");
  expect(code).toBe(0);
  const { in_use, uncut } = JSON.parse(stdout);
  expect([in_use.tiles, uncut.tiles]).toEqual(["2x2", null]);
  expect(in_use.all.recall).toBeGreaterThan(0.6);
  const wrong = await run("--tiles", "9x9");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('Cannot use --tiles "9x9"');
});
