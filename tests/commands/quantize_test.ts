import { expect } from "expect";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareDetector } from "../../lib/models/specialized_model.ts";
import { loadTextModel } from "../../lib/models/load_text_model.ts";
import { textModelFiles } from "../../lib/models/text_models.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

const COMMAND = fileURLToPath(new URL("../../commands/quantize.ts", import.meta.url));
const TEXT = fileURLToPath(new URL("../fixtures/text.jpg", import.meta.url));
const DOG = fileURLToPath(new URL("../fixtures/dog.jpg", import.meta.url));

/** Runs the command with the permissions that its task gives. */
async function quantize(...args: string[]) {
  return await quantizeIn(MODEL_DIR, ...args);
}

async function quantizeIn(folder: string, ...args: string[]) {
  const permissions = "--no-prompt --allow-read --allow-write --allow-env --allow-sys --allow-ffi";
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions.split(" "), COMMAND, ...args],
    env: { MODEL_DIR: folder },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

Deno.test("quantize writes what the server needs for 8 bits, and tells how far they agree", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  // Another file of the same network, for which livesyte has no calibration.
  const model = join(path, "own.onnx");
  await Deno.copyFile(await ensureModel(), model);
  await Deno.writeFile(model, new Uint8Array([0xf8, 0x07, 1]), { append: true });
  await Deno.mkdir(join(path, "images", "more"), { recursive: true });
  await Deno.copyFile(DOG, join(path, "images", "more", "dog.jpg"));
  const { code, output, errors } = await quantize(
    "--images",
    join(path, "images"),
    "--model",
    model,
  );
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const written = join(path, "own.calibration.json");
  expect(output).toContain(`Wrote ${written}, measured on 1 image\nThat is few: `);
  expect(output).toMatch(
    /^Of \d objects that it finds with float32 in 1 image, 8 bits find \d in /m,
  );
  expect(output).toMatch(/times as fast\n$/);
  const { images, ranges } = JSON.parse(await Deno.readTextFile(written));
  expect(images).toBe(1);
  expect(Object.keys(ranges).length).toBeGreaterThan(100);
  const prepared = await prepareDetector(model, {
    size: { width: 320, height: 256 },
    confidence: 0.25,
    precision: "int8",
  });
  expect(prepared.copy).toBeDefined();
});

Deno.test("quantize measures both networks that read text", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const files = textModelFiles("PP-OCRv6_small");
  for (const { id, file } of files) await Deno.copyFile(await ensureModel(id), join(path, file));
  await Deno.mkdir(join(path, "images"));
  await Deno.copyFile(TEXT, join(path, "images", "text.jpg"));
  const options = ["--images", join(path, "images"), "--model", "PP-OCRv6_small"];
  const { code, output, errors } = await quantizeIn(path, ...options);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const written = files.map(({ file }) => join(path, file.replace(".onnx", ".calibration.json")));
  expect(output).toContain(`Wrote ${written.join(" and ")}, measured on 1 image\n`);
  expect(output).toMatch(/^Of 3 lines that it reads with float32 in 1 image, 8 bits read \d the/m);
  expect(output).toMatch(/times as fast\n$/);
  const { ranges } = await loadTextModel(path, "PP-OCRv6_small", "auto");
  for (const [index, network] of (["detector", "recognizer"] as const).entries()) {
    const calibration = JSON.parse(await Deno.readTextFile(written[index] ?? ""));
    expect(calibration.images).toBe(1);
    // Those that were just measured are used in place of those that livesyte comes with.
    const [name = "", [lowest, highest] = []] = Object.entries<number[]>(calibration.ranges)[0] ??
      [];
    if (ranges !== undefined) expect(ranges[network].get(name)).toEqual({ lowest, highest });
  }
});

Deno.test("quantize tells in one line what it cannot use", async () => {
  for (const id of ["yolov8n", ...textModelFiles("ch_PP-OCRv4").map(({ id }) => id)]) {
    await ensureModel(id);
  }
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.writeTextFile(join(path, "broken.jpg"), "no image");
  await using empty = await temporaryDirectory();
  const cases: [string[], RegExp][] = [
    [["--everything"], /^livesyte: Unknown option '--everything'; see "quantize --help"\n$/],
    [[], /^livesyte: Name a folder of images with --images; see "quantize --help"\n$/],
    [["--images", "gone"], /^livesyte: Cannot read gone: there is no such file or folder\n$/],
    [["--images", empty.path], /^livesyte: There is no JPEG, PNG or WebP image in .*\n$/],
    [["--images", path, "--model", DOG], /^livesyte: Cannot use the model .*dog\.jpg: .*\n$/],
    [
      ["--images", path, "--model", "ch_PP-OCRv4"],
      /^livesyte: Cannot quantize the text model: it does not begin with a convolution of .*\n$/,
    ],
    [["--images", path], /^livesyte: Cannot read .*broken\.jpg: it is not a JPEG, .*\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, output, errors } = await quantize(...args);
    expect([args, code, output]).toEqual([args, 2, ""]);
    expect(errors).toMatch(message);
  }
});

Deno.test("quantize --help tells what it does", async () => {
  const { code, output } = await quantize("--help");
  expect(code).toBe(0);
  expect(output).toContain("Usage: deno task quantize [options] --images FOLDER");
});
