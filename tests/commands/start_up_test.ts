import { DatabaseSync } from "node:sqlite";
import { expect } from "expect";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { runMain, type RunOptions } from "./run_main.ts";

const MODELS = new URL("../../models/", import.meta.url);
const BUILD = new URL("../../_fresh", import.meta.url).pathname;
const DOG = new URL("../fixtures/dog.jpg", import.meta.url).pathname;

/** A model that finds no objects. */
const READER = new URL("ch_PP-OCRv4_rec_infer.onnx", MODELS).pathname;

/** What is said of files that are no models. */
const EMPTY = "it is empty; an ONNX file works";
const NO_ONNX = "it is no ONNX file, or it is damaged; an ONNX file works";
const CUT = "it is cut short, 6384025 bytes are missing; copy or fetch it again";

/** Something that keeps the program from starting. */
interface Obstacle extends RunOptions {
  /** @default {["serve"]} */
  args?: string[];
  /** What the line says after `livesyte: `. */
  says: string;
}

/** Fills a folder with what no program can use. */
async function makeObstacles(folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/file`, "x");
  await Deno.mkdir(`${folder}/folder.onnx`);
  await Deno.writeTextFile(`${folder}/empty.onnx`, "");
  await Deno.writeTextFile(`${folder}/text.onnx`, "this is no model");
  const model = await Deno.readFile(new URL("yolov8n.onnx", MODELS));
  await Deno.writeFile(`${folder}/cut.onnx`, model.subarray(0, model.length / 2));
  // What one of the first operations gives, which the next then does not find.
  const name = new TextEncoder().encode("/model.0/conv/Conv_output_0");
  await Deno.writeFile(`${folder}/torn.onnx`, withoutFirst(model, name));
  const camera = { id: "door", name: "Door", url: "rtsp://a:secret@b/", pipeline_id: "none" };
  await Deno.writeTextFile(`${folder}/cameras.json`, JSON.stringify({ cameras: [camera] }));
  await Deno.mkdir(`${folder}/no_database`);
  await Deno.writeTextFile(`${folder}/no_database/jobs.sqlite`, "this is no database");
  await Deno.mkdir(`${folder}/database_is_folder/jobs.sqlite`, { recursive: true });
  await Deno.mkdir(`${folder}/other_database`);
  await Deno.mkdir(`${folder}/newer_database`);
  makeDatabase(`${folder}/other_database/jobs.sqlite`, 1);
  makeDatabase(`${folder}/newer_database/jobs.sqlite`, 99);
}

function makeDatabase(path: string, version: number): void {
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE other (a); PRAGMA user_version = ${version}`);
  database.close();
}

/** The bytes with the first place where `part` stands made into something else. */
function withoutFirst(bytes: Uint8Array<ArrayBuffer>, part: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const at = copy.findIndex((_, index) => part.every((byte, i) => copy[index + i] === byte));
  if (at < 0) throw new Error("Cannot find the part in the bytes");
  return copy.fill(0x78, at, at + 8);
}

function obstacles(folder: string, busyPort: number): Record<string, Obstacle> {
  const badHost = (host: string): Obstacle => ({
    environment: { HOST: host },
    says: `Cannot listen on HOST ${host}: it is not an address of this machine`,
  });
  const badData = (name: string, reason: string): Obstacle => ({
    environment: { DATA_DIR: `${folder}/${name}` },
    says: `Cannot use the data directory ${folder}/${name}: ${reason}`,
  });
  const badSetting = (name: string, value: string, expected: string): Obstacle => ({
    environment: { [name]: value },
    says: `Cannot parse ${name}: expected ${expected}, got ${JSON.stringify(value)}`,
  });
  const model = (name: string) => `${folder}/${name}.onnx`;
  const noOnnx = (name: string, reason: string, ...args: string[]): Obstacle => ({
    environment: { YOLO_MODEL: model(name) },
    ...(args.length > 0 && { args }),
    says: `Cannot use the model ${model(name)}: ${reason}`,
  });
  const elsewhere = "; set DATA_DIR to a folder that can be written to";
  const inTheWay = `a file is where a folder should be${elsewhere}`;
  const megabytes = "a number of megabytes between 0.001 and 1000000";
  return {
    "an address that is none": badHost("999.1.1.1"),
    "an IPv6 address that is none": badHost("::zz"),
    "an address of another machine": badHost("203.0.113.1"),
    "an IPv6 address of another machine": badHost("2001:db8::1"),
    "an unknown host name": badHost("no.such.host.invalid"),
    "a URL as HOST": badHost("http://localhost"),
    "a port in use": {
      environment: { PORT: String(busyPort) },
      says: `Cannot listen on port ${busyPort}: it is in use. ` +
        "Stop the other program, or set PORT to another number",
    },
    "a file as DATA_DIR": badData("file", inTheWay),
    "a DATA_DIR below a file": badData("file/below", inTheWay),
    "a job database that is none": badData(
      "no_database",
      "The job database is damaged; put a copy back, or move it away to begin anew",
    ),
    "a job database that is a folder": badData(
      "database_is_folder",
      "The job database cannot be opened",
    ),
    "a job database of another program": badData(
      "other_database",
      "The job database is damaged; put a copy back, or move it away to begin anew",
    ),
    "a job database of a later version": badData(
      "newer_database",
      "Cannot use a job database of version 99: expected 2",
    ),
    "a TLS_CERT without a TLS_KEY": {
      environment: { TLS_CERT: `${folder}/file` },
      says: "Cannot use TLS_CERT without TLS_KEY",
    },
    "a certificate that is not there": {
      environment: { TLS_CERT: `${folder}/none.pem`, TLS_KEY: `${folder}/file` },
      says: `Cannot read TLS_CERT ${folder}/none.pem: there is no such file or folder`,
    },
    "a certificate that is none": {
      environment: { TLS_CERT: `${folder}/file`, TLS_KEY: `${folder}/file` },
      says: `Cannot use TLS_CERT ${folder}/file with TLS_KEY ${folder}/file: ` +
        "No certificates found in certificate data",
    },
    "no place for a certificate of our own making": {
      environment: { TLS: "self-signed", DATA_DIR: `${folder}/file/below` },
      says: `Cannot keep a certificate in DATA_DIR ${folder}/file/below: ` +
        "a file is where a folder should be",
    },
    "a file as MODEL_DIR": {
      environment: { MODEL_DIR: `${folder}/file` },
      says: `Cannot write models to ${folder}/file: the folder cannot be written to; ` +
        "set MODEL_DIR to a folder that can be written to",
    },
    "a CAMERAS_FILE that is not there": {
      environment: { CAMERAS_FILE: `${folder}/none.json` },
      says: `Cannot use CAMERAS_FILE ${folder}/none.json: there is no such file or folder`,
    },
    "a CAMERAS_FILE with a mistake": {
      environment: { CAMERAS_FILE: `${folder}/cameras.json` },
      says: `Cannot use CAMERAS_FILE ${folder}/cameras.json: ` +
        'cameras[0].pipeline_id: there is no pipeline "none" (GET /pipelines lists them)',
    },
    "a memory budget of a tenth of a byte": badSetting(
      ...["STREAM_MEMORY_BUDGET_MB", "0.0000001", megabytes] as const,
    ),
    "a memory budget smaller than a frame": badSetting(
      ...[
        "STREAM_MEMORY_BUDGET_MB",
        "4",
        "a number not below STREAM_MAX_FRAME_SIZE_MB (5)",
      ] as const,
    ),
    "frames of less than a byte": badSetting("STREAM_MAX_FRAME_SIZE_MB", "0.0000001", megabytes),
    "uploads of less than a byte": badSetting("VIDEO_MAX_UPLOAD_MB", "0.0000001", megabytes),
    "no workers": badSetting(
      "PIPELINE_WORKERS",
      "0",
      "a whole number between 1 and 64, or 0 if NATS_URL names other machines",
    ),
    "threads that are no number": badSetting(
      ...["PIPELINE_THREADS", "many", "a whole number between 1 and 64"] as const,
    ),
    "an input size that is none": badSetting(
      ...["PIPELINE_INPUT_SIZE", "1x1", "WIDTHxHEIGHT in multiples of 32 from 32 to 1920"] as const,
    ),
    "a model that is not there": {
      environment: { YOLO_MODEL: model("none") },
      says: `Cannot find the model ${model("none")}: ` +
        'check the path, or run "deno task models" to fetch what is missing',
    },
    "a model that is a folder": {
      environment: { YOLO_MODEL: model("folder") },
      says: `Cannot use the model ${model("folder")}: it is a folder; an ONNX file works`,
    },
    "an empty model": noOnnx("empty", EMPTY),
    "a model that is text": noOnnx("text", NO_ONNX),
    "a model that was cut off": noOnnx("cut", CUT),
    "a model with a part missing": {
      environment: { YOLO_MODEL: model("torn") },
      says: `Cannot use the model ${model("torn")}: onnxruntime cannot run it (Invalid model. ` +
        "Node input '/model.0/conv/Conv_output_0' is not a graph input, initializer, or output of " +
        "a previous node.); an export to plain ONNX, for one image of a fixed size, works",
    },
    "a model that is no detector": {
      environment: { YOLO_MODEL: READER },
      says: `Cannot use the model ${READER}: onnxruntime cannot run it (Node (p2o.Concat.7) Op ` +
        "(Concat) [ShapeInferenceError] Can't merge shape info. Both inferred and declared " +
        "dimension have values but they differ. Inferred=1 Declared=10 Dimension=2); an export" +
        ` to plain ONNX, for one image of a fixed size, works`,
    },
    "detect with a model that is text": noOnnx("text", NO_ONNX, "detect", DOG),
    "detect with a model that was cut off": noOnnx("cut", CUT, "detect", DOG),
    "detect with a model that is a folder": {
      args: ["detect", DOG],
      environment: { YOLO_MODEL: model("folder") },
      says: `Cannot use the model ${model("folder")}: it is a folder; an ONNX file works`,
    },
    "detect with a file as MODEL_DIR": {
      args: ["detect", DOG],
      environment: { MODEL_DIR: `${folder}/file` },
      says: `Cannot write models to ${folder}/file: the folder cannot be written to; ` +
        "set MODEL_DIR to a folder that can be written to",
    },
    "video with a model that is text": noOnnx("text", NO_ONNX, "video", DOG),
    "video of a folder": {
      args: ["video", folder],
      says: `Cannot open ${folder}: it is a folder`,
    },
    "models into a file": {
      args: ["models"],
      environment: { MODEL_DIR: `${folder}/file` },
      says: `Cannot write models to ${folder}/file: the folder cannot be written to; ` +
        "set MODEL_DIR to a folder that can be written to",
    },
  };
}

/** Those that only root can put in the way: it gives up its rights, or mounts something, before it starts the program. */
function obstaclesOfSystems(folder: string): Record<string, Obstacle> {
  // Root without its capabilities is held by permissions, like anybody else.
  const withoutRights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  const mountReadOnly = `mount -t tmpfs -o ro tmpfs '${folder}/locked' && exec "$@"`;
  const mountBuild = (options: string) => `mount ${options} '${BUILD}' && exec "$@"`;
  const cannotWrite = (reason: string) =>
    `Cannot use the data directory ${folder}/locked/data: ${reason}; ` +
    "set DATA_DIR to a folder that can be written to";
  return {
    "a port below 1024, as somebody else than root": {
      // Containers often give all ports to everybody; a network of one's own does not.
      prefix: ["unshare", "--net", ...withoutRights],
      environment: { HOST: "0.0.0.0", PORT: "80" },
      says: "Cannot listen on port 80: ports below 1024 are for the superuser",
    },
    "a DATA_DIR that must not be written to": {
      prefix: withoutRights,
      environment: { DATA_DIR: `${folder}/locked/data` },
      says: cannotWrite("permission is denied"),
    },
    "a DATA_DIR on a read-only file system": {
      prefix: ["unshare", "--mount", "sh", "-c", mountReadOnly, "sh"],
      environment: { DATA_DIR: `${folder}/locked/data` },
      says: cannotWrite("the file system is read-only"),
    },
    "a page that is not built": {
      prefix: ["unshare", "--mount", "sh", "-c", mountBuild("-t tmpfs tmpfs"), "sh"],
      says: "Cannot find the built page: run `deno task build` first",
    },
    "a page that is badly built": {
      prefix: ["unshare", "--mount", "sh", "-c", mountBuild(`--bind '${folder}/build'`), "sh"],
      says: "Cannot load the built page: run `deno task build --force` to rebuild it",
    },
  };
}

/** Starts the program, and expects one line, nothing else, and exit code 2. */
async function expectOneLine({ args = ["serve"], says, ...options }: Obstacle): Promise<void> {
  const { code, stdout, stderr } = await runMain(args, options);
  const line = `livesyte: ${says}\n`;
  expect({ code, stderr }).toEqual({ code: 2, stderr: line });
  // A server may have logged that its models are ready; nothing of the failure goes there.
  expect(stdout).not.toMatch(/error|cannot/i);
}

Deno.test("whatever keeps the program from starting is told in one line, with exit code 2", async (t) => {
  await using folder = await temporaryDirectory();
  await ensureModel("ch_PP-OCRv4_rec");
  await makeObstacles(folder.path);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const all = obstacles(folder.path, listener.addr.port);
  for (const [name, obstacle] of Object.entries(all)) {
    await t.step(name, () => expectOneLine(obstacle));
  }
});

Deno.test({
  name: "what the system keeps the program from is told in one line, with exit code 2",
  ignore: isMissing("mount"),
  async fn(t) {
    await using folder = await temporaryDirectory();
    await Deno.mkdir(`${folder.path}/locked`, { mode: 0o555 });
    await Deno.mkdir(`${folder.path}/build`);
    await Deno.writeTextFile(`${folder.path}/build/server.js`, 'import "./gone.js";');
    for (const [name, obstacle] of Object.entries(obstaclesOfSystems(folder.path))) {
      await t.step(name, () => expectOneLine(obstacle));
    }
  },
});

Deno.test("LOG_LEVEL=debug shows where an error comes from", async () => {
  const { code, stderr } = await runMain(["serve"], {
    environment: { YOLO_MODEL: DOG, LOG_LEVEL: "debug" },
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^livesyte: Cannot use the model .*\n/);
  expect(stderr).toContain("specialized_model.ts");
});
