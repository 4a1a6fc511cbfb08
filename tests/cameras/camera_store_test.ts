import { expect } from "expect";
import fc from "fast-check";
import { MAX_CAMERAS, readCamerasFile } from "../../lib/cameras/camera_list.ts";
import { CameraStore } from "../../lib/cameras/camera_store.ts";
import { CameraStoreError } from "../../lib/cameras/errors.ts";
import { UserError } from "../../lib/user_error.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

function camera(id: string) {
  const url = `rtsp://admin:secret-${id}@10.0.0.7/live`;
  return { id, name: id, url, pipeline_id: "yolo_only", fps: 10, always: false, rules: [] };
}

Deno.test("cameras are there again, in a file for its owner only", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/data`;
  expect(new CameraStore(path).cameras).toEqual([]);
  // A store that nobody uses leaves no trace.
  expect([...Deno.readDirSync(directory.path)]).toEqual([]);
  const cameras = [camera("door"), camera("yard")];
  new CameraStore(path).save(cameras);
  expect(new CameraStore(path).cameras).toEqual(cameras);
  expect((Deno.statSync(`${path}/cameras.json`).mode ?? 0) & 0o777).toBe(0o600);
  expect([...Deno.readDirSync(path)].map(({ name }) => name)).toEqual(["cameras.json"]);
});

Deno.test("a damaged file is told of, is written over by nothing, and works again when it is mended", async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/cameras.json`;
  const whole = JSON.stringify({ cameras: [camera("door"), camera("yard")] });
  fc.assert(fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
    const damaged = whole.slice(0, length);
    Deno.writeTextFileSync(file, damaged);
    const store = new CameraStore(directory.path);
    expect(store.problem).toMatch(/^Cannot use cameras.json in the data directory: /);
    expect(store.problem).not.toContain("secret");
    expect(() => store.save([])).toThrow(CameraStoreError);
    expect(Deno.readTextFileSync(file)).toBe(damaged);
  }));
  Deno.writeTextFileSync(file, whole);
  const store = new CameraStore(directory.path);
  expect(store.problem).toBeUndefined();
  expect(store.cameras).toHaveLength(2);
});

Deno.test("a write that fails leaves the cameras as they were", async () => {
  await using directory = await temporaryDirectory();
  const store = new CameraStore(directory.path);
  store.save([camera("door")]);
  // A folder in the place of the file that is to be renamed cannot be written.
  Deno.mkdirSync(`${directory.path}/cameras.json.new/full`, { recursive: true });
  expect(() => store.save([])).toThrow(CameraStoreError);
  expect(new CameraStore(directory.path).cameras).toEqual([camera("door")]);
});

Deno.test("what an interrupted write has left is not read, and not kept", async () => {
  await using directory = await temporaryDirectory();
  Deno.writeTextFileSync(`${directory.path}/cameras.json.new`, "{", { mode: 0o644 });
  const store = new CameraStore(directory.path);
  expect(store.cameras).toEqual([]);
  store.save([camera("door")]);
  expect((Deno.statSync(`${directory.path}/cameras.json`).mode ?? 0) & 0o777).toBe(0o600);
  expect([...Deno.readDirSync(directory.path)]).toHaveLength(1);
});

Deno.test("errors of CAMERAS_FILE tell file, camera, field and value", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/cameras.json`;
  const complaint = async (content: string) => {
    await Deno.writeTextFile(path, content);
    const error = await readCamerasFile(path, (id) => id === "yolo_only").catch((each) => each);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).not.toMatch(/secret|\n/);
    return error.message.replace(`Cannot use CAMERAS_FILE ${path}: `, "");
  };
  const list = (...cameras: unknown[]) => JSON.stringify({ cameras });
  const door = camera("door");
  expect(await complaint("{")).toBe("it is not JSON");
  expect(await complaint(`[${JSON.stringify(door)}]`)).toBe(
    'expected {"cameras": […]} and nothing else',
  );
  expect(await complaint(list(door, 3))).toBe("cameras[1]: expected a JSON object");
  expect(await complaint(list(door, { ...camera("yard"), fps: 0 })))
    .toBe("cameras[1].fps: expected a number between 0.1 and 60, got 0");
  expect(await complaint(list(door, door))).toBe('cameras[1].id: "door" is there twice');
  expect(await complaint(list({ ...door, pipeline_id: "none" })))
    .toBe('cameras[0].pipeline_id: there is no pipeline "none" (GET /pipelines lists them)');
  expect(await complaint(list({ ...door, url: "rtsp//admin:secret@host" })))
    .toMatch(/^cameras\[0\]\.url: expected .*, got "…"$/);
  const rule = { id: "a", when: "cross", line: [[0.5, 0.5], [0.5, 0.5]] };
  expect(await complaint(list(door, { ...camera("yard"), rules: [rule] }))).toBe(
    "cameras[1].rules[0].line: its points are the same: expected at least 0.01 between them",
  );
  const many = Array.from({ length: MAX_CAMERAS + 1 }, (_, index) => camera(`c${index}`));
  expect(await complaint(list(...many))).toBe("it has 65 cameras, and there may be 64");
  await Deno.remove(path);
  await expect(readCamerasFile(path, () => true))
    .rejects.toThrow(`Cannot use CAMERAS_FILE ${path}: there is no such file or folder`);
  await Deno.writeTextFile(path, list(door));
  expect(await readCamerasFile(path, () => true)).toEqual([door]);
});
