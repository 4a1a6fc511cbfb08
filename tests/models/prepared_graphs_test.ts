import { expect } from "expect";
import {
  holdGraph,
  keepGraph,
  MOST_UNUSED,
  preparedPath,
  readGraph,
  removeUnused,
} from "../../lib/models/prepared_graphs.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const GRAPH = crypto.getRandomValues(new Uint8Array(1000));

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((file) => file.name).sort();
}

/** Keeps a graph as it would have been so many seconds ago. */
async function keepOld(folder: string, name: string, age: number): Promise<string> {
  const path = preparedPath(`${folder}/${name}.onnx`, [name]);
  await keepGraph(path, GRAPH);
  const time = Date.now() / 1000 - age;
  await Deno.utime(path, time, time);
  return path;
}

Deno.test("a graph that is kept is found again", async () => {
  await using directory = await temporaryDirectory();
  const path = preparedPath(`${directory.path}/a.onnx`, ["settings"]);
  expect(await readGraph(path)).toBeUndefined();
  await keepGraph(path, GRAPH);
  expect(await readGraph(path)).toEqual(GRAPH);
  expect(filesOf(directory.path)).toHaveLength(1);
});

Deno.test("of the graphs that nobody uses only the newest few are kept, and nothing else is touched", async () => {
  await using directory = await temporaryDirectory();
  const others = ["a.onnx", "a.0123456789abcdef.onnx", "keys.txt", ".lock", "b.onnx.part"];
  for (const name of others) await Deno.writeTextFile(`${directory.path}/${name}`, name);
  const paths: string[] = [];
  for (let age = 0; age < MOST_UNUSED + 5; age += 1) {
    paths.push(await keepOld(directory.path, `model${age % 3} at ${age}`, age));
  }
  // Damaged ones count as well.
  await Deno.truncate(paths[MOST_UNUSED], 3);
  await Deno.utime(paths[MOST_UNUSED], 1000, 1000);
  await removeUnused(directory.path);
  const kept = paths.slice(0, MOST_UNUSED).map((path) => path.slice(directory.path.length + 1));
  expect(filesOf(directory.path)).toEqual([...others, ...kept].sort());
});

Deno.test("a graph in use is kept however old it is, until it is used no more", async () => {
  await using directory = await temporaryDirectory();
  const oldest = await keepOld(directory.path, "oldest", 1000);
  const held = [await holdGraph(oldest), await holdGraph(oldest)];
  for (let age = 0; age < MOST_UNUSED; age += 1) await keepOld(directory.path, `${age}`, age);
  for (const hold of held) {
    await removeUnused(directory.path);
    expect(await readGraph(oldest)).toBeDefined();
    hold?.[Symbol.dispose]();
  }
  await removeUnused(directory.path);
  expect(await readGraph(oldest)).toBeUndefined();
  expect(filesOf(directory.path)).toHaveLength(MOST_UNUSED);
});

Deno.test("what a process that died left half-written is removed, and what is being written is not", async () => {
  await using directory = await temporaryDirectory();
  const path = preparedPath(`${directory.path}/a.onnx`, []);
  const [left, current] = [crypto.randomUUID(), crypto.randomUUID()].map((id) =>
    `${path}.${id}.part`
  );
  for (const part of [left, current]) await Deno.writeFile(part, GRAPH);
  await Deno.utime(left, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200);
  await removeUnused(directory.path);
  expect(filesOf(directory.path).map((name) => `${directory.path}/${name}`)).toEqual([current]);
});

Deno.test("a folder that is not there has nothing to remove", async () => {
  await removeUnused("/nowhere");
  expect(await holdGraph("/nowhere/a.onnx")).toBeUndefined();
});

Deno.test({
  name: "in a folder that is read-only, graphs are used, and neither kept nor removed",
  ignore: withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(1_048_576);
    const folder = disk?.path ?? "";
    const paths: string[] = [];
    for (let age = 0; age < MOST_UNUSED + 2; age += 1) {
      paths.push(await keepOld(folder, `${age}`, age));
    }
    await new Deno.Command("mount", { args: ["-o", "remount,ro", folder] }).output();
    await expect(Deno.writeTextFile(`${folder}/a`, "")).rejects.toThrow();
    expect(await readGraph(paths[0])).toBeDefined();
    using hold = await holdGraph(paths[0]);
    expect(hold).toBeDefined();
    await keepGraph(preparedPath(`${folder}/another.onnx`, []), GRAPH);
    await removeUnused(folder);
    expect(filesOf(folder)).toHaveLength(paths.length);
  },
});
