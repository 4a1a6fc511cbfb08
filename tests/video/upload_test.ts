import { expect } from "expect";
import { RuleError } from "../../lib/events/errors.ts";
import { DiskSpace } from "../../lib/storage/disk_space.ts";
import {
  InvalidUploadError,
  InvalidVideoError,
  JobCapacityError,
  StorageFullError,
  UploadTooLargeError,
  VideoDecodeError,
} from "../../lib/video/errors.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { submitVideo } from "../../lib/video/submit_video.ts";
import { saveUpload, type SaveUploadOptions } from "../../lib/video/upload.ts";
import { smallDisk, withoutSmallDisks } from "./small_disk.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { waitFor } from "./wait_for.ts";

const BOUNDARY = "----boundary";
const ENTRY =
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="walk.mp4"\r\n` +
  "Content-Type: video/mp4\r\n\r\n";

/** Bytes that begin like an MP4 does. */
function mp4Bytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 7919) >> 3;
  bytes.set(new TextEncoder().encode("\0\0\0\x18ftypisom"));
  return bytes;
}

function formRequest(
  bytes: Uint8Array<ArrayBuffer>,
  name = "file",
  fileName = "walk.mp4",
): Request {
  const form = new FormData();
  form.append("note", "before the file");
  form.append(name, new Blob([bytes]), fileName);
  return new Request("http://localhost/", { method: "POST", body: form });
}

/** A request whose body comes from a function that is called for one chunk after another. */
function streamRequest(
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => Promise<void> | void,
  headers: Record<string, string> = {},
): Request {
  return new Request("http://localhost/", {
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    body: new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }),
  });
}

/** A disk of which nothing is kept free. */
function diskOf(directory: string): DiskSpace {
  return new DiskSpace(directory, { reserveBytes: 0 });
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Saves into a directory of its own, and tells what is in there afterwards. */
async function save(request: Request, options: Partial<SaveUploadOptions> = {}) {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/video`;
  const limits = { maxBytes: 1_000_000, disk: diskOf(directory.path), ...options };
  const outcome = await saveUpload(request, { path, partialPath: `${path}.part`, ...limits })
    .catch((error: Error) => error);
  const names = Array.from(Deno.readDirSync(directory.path), ({ name }) => name);
  const bytes = names.includes("video") ? await Deno.readFile(path) : undefined;
  return { outcome, names, bytes };
}

/** Expects that an upload fails and leaves nothing behind. */
async function expectFailure(
  request: Request,
  type: new (...args: never[]) => Error,
  message: string,
  options: Partial<SaveUploadOptions> = {},
): Promise<void> {
  const { outcome, names } = await save(request, options);
  expect(outcome).toBeInstanceOf(type);
  expect(outcome).toMatchObject({ message });
  expect(names).toEqual([]);
}

Deno.test("saveUpload saves every byte of the file", async () => {
  const bytes = mp4Bytes(300_001);
  const saved = await save(formRequest(bytes));
  expect(saved.outcome).toEqual({ fileName: "walk.mp4", fileBytes: 300_001 });
  expect(saved.names).toEqual(["video"]);
  expect(saved.bytes).toEqual(bytes);
});

Deno.test("saveUpload saves the same bytes however they arrive", async () => {
  const bytes = mp4Bytes(2000);
  const body = [...encode(ENTRY), ...bytes, ...encode(`\r\n--${BOUNDARY}--\r\n`)];
  for (const length of [1, 3, 64, 999]) {
    let sent = 0;
    const request = streamRequest((controller) => {
      controller.enqueue(new Uint8Array(body.slice(sent, sent += length)));
      if (sent >= body.length) controller.close();
    });
    expect((await save(request)).bytes).toEqual(bytes);
  }
});

Deno.test("saveUpload takes a file of exactly the limit and none larger", async () => {
  const { outcome } = await save(formRequest(mp4Bytes(5000)), { maxBytes: 5000 });
  expect(outcome).toMatchObject({ fileBytes: 5000 });
  const message = "The video exceeds the limit of 4999 bytes";
  await expectFailure(formRequest(mp4Bytes(5000)), UploadTooLargeError, message, {
    maxBytes: 4999,
  });
});

Deno.test("saveUpload refuses a body that says it is too large before it reads any of it", async () => {
  let pulled = false;
  const request = streamRequest(() => {
    pulled = true;
  }, { "content-length": "2000000" });
  await expectFailure(request, UploadTooLargeError, "The video exceeds the limit of 1000000 bytes");
  expect(pulled).toBe(false);
});

Deno.test("saveUpload stops reading an endless body soon after the limit", async () => {
  let sent = 0;
  const request = streamRequest((controller) => {
    controller.enqueue(sent === 0 ? encode(ENTRY) : mp4Bytes(65_536));
    sent += 65_536;
  });
  await expectFailure(request, UploadTooLargeError, "The video exceeds the limit of 1000000 bytes");
  expect(sent).toBeLessThan(3_000_000);
});

Deno.test("saveUpload stops reading an endless form that comes to no file", async () => {
  const entry = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\n`;
  let sent = 0;
  const request = streamRequest((controller) => {
    controller.enqueue(sent === 0 ? encode(entry) : new Uint8Array(65_536));
    sent += 65_536;
  });
  await expectFailure(request, UploadTooLargeError, "The video exceeds the limit of 1000000 bytes");
  expect(sent).toBeLessThan(3_000_000);
});

Deno.test("saveUpload stops reading a form of ever more parts", async () => {
  const part = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\n\r\n`;
  let sent = 0;
  const request = streamRequest((controller) => {
    controller.enqueue(encode(part.repeat(10)));
    sent += 10;
  });
  await expectFailure(request, InvalidUploadError, "The form has more than 17 parts");
  expect(sent).toBeLessThan(100);
});

Deno.test("saveUpload ends where the rules cannot be used, before the video has come", async () => {
  const rules = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="rules"\r\n\r\n`;
  let sent = 0;
  const request = streamRequest((controller) => {
    const part = sent === 0 ? encode(`${rules}no such set\r\n${ENTRY}`) : mp4Bytes(65_536);
    controller.enqueue(part);
    sent += 65_536;
  });
  const onRules = (text: string) => {
    throw new RuleError("rules", `got ${text}`);
  };
  const message = "Cannot use rules: got no such set";
  await expectFailure(request, RuleError, message, { onRules, maxBytes: 10_000_000 });
  expect(sent).toBeLessThan(3_000_000);
});

Deno.test("saveUpload refuses what is no form with a file", async () => {
  const noFile = "Expected a form with a part named file";
  const noForm = "Expected the content type multipart/form-data";
  const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
    new Request("http://localhost/", { method: "POST", body, headers });
  await expectFailure(formRequest(mp4Bytes(100), "video"), InvalidUploadError, noFile);
  await expectFailure(post(null), InvalidUploadError, noFile);
  await expectFailure(post(mp4Bytes(100)), InvalidUploadError, noForm);
  await expectFailure(
    post("{}", { "content-type": "application/json" }),
    InvalidUploadError,
    noForm,
  );
  await expectFailure(
    post(mp4Bytes(100), { "content-type": "multipart/form-data" }),
    InvalidUploadError,
    noForm,
  );
});

Deno.test("saveUpload leaves nothing of a body that ends or breaks amid the file", async () => {
  for (const end of ["close", "error"] as const) {
    let sent = 0;
    const request = streamRequest((controller) => {
      if (sent++ < 5) controller.enqueue(sent === 1 ? encode(ENTRY) : mp4Bytes(50_000));
      else if (end === "close") controller.close();
      else controller.error(new Error("Connection lost"));
    });
    await expectFailure(request, InvalidUploadError, "The upload broke off");
  }
});

Deno.test("saveUpload gives up a body that comes to a standstill", async () => {
  let sent = 0;
  const request = streamRequest(async (controller) => {
    if (sent++ >= 5) await new Promise(() => {});
    controller.enqueue(sent === 1 ? encode(ENTRY) : mp4Bytes(50_000));
  });
  await expectFailure(request, InvalidUploadError, "The upload stalled", {
    idleTimeoutMs: 100,
  });
});

Deno.test("saveUpload keeps folders and control characters out of the name", async () => {
  const names = async (name: string) =>
    (await save(formRequest(mp4Bytes(100), "file", name))).outcome;
  expect(await names("../../etc/passwd")).toMatchObject({ fileName: "passwd" });
  expect(await names("C:\\videos\\walk.mp4")).toMatchObject({ fileName: "walk.mp4" });
  expect(await names("a\u202Eb\u0007.mp4")).toMatchObject({ fileName: "ab.mp4" });
  expect(await names(`${"x".repeat(500)}.mp4`)).toMatchObject({ fileName: "x".repeat(200) });
  for (const joined of ["می\u200cخواهم.mp4", "क्\u200dष.mp4", "👩\u200d🚀.mp4"]) {
    expect(await names(joined)).toMatchObject({ fileName: joined });
  }
  expect(await names(`x${"👩\u200d🚀".repeat(100)}.mp4`))
    .toMatchObject({ fileName: `x${"👩\u200d🚀".repeat(66)}` });
});

Deno.test({
  name: "saveUpload says that the disk is full, and leaves it as it was",
  ignore: withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(1_048_576);
    const path = `${disk?.path}/video`;
    // A disk that does not tell how full it is.
    const silent = new DiskSpace(path, {
      reserveBytes: 0,
      freeBytes: () => Promise.resolve(Infinity),
    });
    const options = {
      path,
      partialPath: `${path}.part`,
      maxBytes: 100_000_000,
      disk: silent,
    };
    const saving = saveUpload(formRequest(mp4Bytes(3_000_000)), options);
    const error = await saving.catch((error: Error) => error);
    expect(error).toBeInstanceOf(StorageFullError);
    expect(error).toMatchObject({ message: "The disk of the server is full" });
    expect([...Deno.readDirSync(`${disk?.path}`)]).toEqual([]);
    expect(await saveUpload(formRequest(mp4Bytes(500_000)), options)).toMatchObject({
      fileBytes: 500_000,
    });
  },
});

Deno.test("a client of a real server learns why its upload is refused", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/video`;
  await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    try {
      const disk = diskOf(directory.path);
      const options = { path, partialPath: `${path}.part`, maxBytes: 200_000, disk };
      return Response.json(await saveUpload(request, options));
    } catch (error) {
      return Response.json({ error: (error as Error).name }, { status: 400 });
    }
  });
  const post = async (bytes: Uint8Array<ArrayBuffer>) => {
    const body = new FormData();
    body.append("file", new Blob([bytes]), "walk.mp4");
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, { method: "POST", body });
    return await response.json();
  };
  expect(await post(mp4Bytes(200_000))).toEqual({ fileName: "walk.mp4", fileBytes: 200_000 });
  expect(await post(mp4Bytes(250_000))).toEqual({ error: "UploadTooLargeError" });
  expect(await post(mp4Bytes(100_000))).toMatchObject({ fileBytes: 100_000 });
});

Deno.test("saveUpload leaves nothing when the client of a real server hangs up", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/video`;
  const outcome = Promise.withResolvers<unknown>();
  await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    const disk = diskOf(directory.path);
    const options = { path, partialPath: `${path}.part`, maxBytes: 10_000_000, disk };
    outcome.resolve(await saveUpload(request, options).catch((error) => error));
    return new Response();
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await connection.write(encode(
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n" +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n${ENTRY}`,
  ));
  await connection.write(mp4Bytes(60_000));
  await waitFor(() => [...Deno.readDirSync(directory.path)].length > 0);
  connection.close();
  expect(await outcome.promise).toBeInstanceOf(InvalidUploadError);
  expect([...Deno.readDirSync(directory.path)]).toEqual([]);
});

/** No rules are asked for here. */
const parseRules = () => [];

/** A probe that lets everything pass, and counts. */
function countingProbe(): { checked: number; check(): Promise<void> } {
  return {
    checked: 0,
    check() {
      this.checked++;
      return Promise.resolve();
    },
  };
}

Deno.test("submitVideo makes a job of an upload", async () => {
  await using directory = await temporaryDirectory();
  await using store = await JobStore.open({ dataDirectory: directory.path });
  const probe = countingProbe();
  const job = await submitVideo(store, formRequest(mp4Bytes(5000)), {
    pipelineId: "yolo_ocr",
    frameStride: 2,
    maxBytes: 10_000,
    probe,
    parseRules,
  });
  expect(store.get(job.id)).toMatchObject({
    pipelineId: "yolo_ocr",
    status: "pending",
    fileName: "walk.mp4",
    fileBytes: 5000,
    frameStride: 2,
    maxFrames: 0,
  });
  expect(await Deno.readFile(store.files.path(job.id))).toEqual(mp4Bytes(5000));
  expect(probe.checked).toBe(1);
});

const OTHER = { pipelineId: "yolo_only", fileName: "other.mp4", fileBytes: 1 };

Deno.test("submitVideo keeps its place while it uploads, and reads nothing when there is none", async () => {
  await using directory = await temporaryDirectory();
  await using store = await JobStore.open({
    dataDirectory: directory.path,
    limits: { capacity: 1 },
  });
  const options = { pipelineId: "yolo_only", maxBytes: 10_000, probe: countingProbe(), parseRules };
  const body = [encode(ENTRY), mp4Bytes(500), encode(`\r\n--${BOUNDARY}--\r\n`)];
  let pulls = 0;
  const request = streamRequest(async (controller) => {
    // Somebody else wants the last place while this upload is on its way.
    if (pulls === 1) await expect(store.create(OTHER)).rejects.toThrow(JobCapacityError);
    const chunk = body[pulls++];
    if (chunk === undefined) controller.close();
    else controller.enqueue(chunk);
  });
  const { id } = await submitVideo(store, request, options);
  expect(store.list().map((job) => job.id)).toEqual([id]);
  const pulled = pulls;
  await expect(submitVideo(store, streamRequest(() => void pulls++), options)).rejects.toThrow(
    JobCapacityError,
  );
  expect(pulls).toBe(pulled);
});

Deno.test("submitVideo gives up its place and its bytes when the upload fails", async () => {
  await using directory = await temporaryDirectory();
  await using store = await JobStore.open({
    dataDirectory: directory.path,
    limits: { capacity: 1 },
  });
  const options = { pipelineId: "yolo_only", maxBytes: 10_000, probe: countingProbe(), parseRules };
  const check = () => Promise.reject(new VideoDecodeError("The file is not a readable video"));
  for (let attempt = 0; attempt < 3; attempt++) {
    const tooLarge = submitVideo(store, formRequest(mp4Bytes(20_000)), options);
    await expect(tooLarge).rejects.toThrow(UploadTooLargeError);
    const junk = submitVideo(store, formRequest(mp4Bytes(5000)), { ...options, probe: { check } });
    await expect(junk).rejects.toThrow("The file is not a readable video");
    expect([...Deno.readDirSync(store.files.directory)]).toEqual([]);
    expect(store.list()).toEqual([]);
  }
  await submitVideo(store, formRequest(mp4Bytes(5000)), options);
});

Deno.test("submitVideo lets only what the decoder accepts take the place of a finished job", async () => {
  await using directory = await temporaryDirectory();
  await using store = await JobStore.open({
    dataDirectory: directory.path,
    limits: { capacity: 2 },
  });
  const finished = await store.create(OTHER);
  await store.updateStatus(finished.id, "cancelled");
  await store.create(OTHER);
  const options = { pipelineId: "yolo_only", maxBytes: 10_000, parseRules };
  const check = () => Promise.reject(new VideoDecodeError("The file is not a readable video"));
  const junk = submitVideo(store, formRequest(mp4Bytes(500)), { ...options, probe: { check } });
  await expect(junk).rejects.toThrow(InvalidVideoError);
  expect(store.get(finished.id).status).toBe("cancelled");
  expect([...Deno.readDirSync(store.files.directory)]).toEqual([]);
  const probe = countingProbe();
  await submitVideo(store, formRequest(mp4Bytes(500)), { ...options, probe });
  expect(probe.checked).toBe(1);
  expect(store.list().map(({ id }) => id)).not.toContain(finished.id);
});
