import { expect } from "expect";
import { keepGraph, preparedPath, readGraph } from "../../lib/pipeline/prepared_graphs.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const GRAPH = crypto.getRandomValues(new Uint8Array(1000));

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((file) => file.name).sort();
}

Deno.test("a graph that is kept is found again", async () => {
  await using directory = await temporaryDirectory();
  const path = preparedPath(`${directory.path}/a.onnx`, ["settings"]);
  expect(await readGraph(path)).toBeUndefined();
  await keepGraph(path, GRAPH);
  expect(await readGraph(path)).toEqual(GRAPH);
  expect(filesOf(directory.path)).toHaveLength(1);
});
