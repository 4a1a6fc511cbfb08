import { expect } from "expect";
import { loadDefinitions } from "../../lib/pipeline/load_definitions.ts";
import yoloOnly from "../../pipelines/yolo_only.json" with { type: "json" };
import { temporaryDirectory } from "../video/temporary_directory.ts";

const OWN = { ...yoloOnly, id: "own" };

/** The message with which a folder is refused that holds a file `own.json`; empty where it is not. */
async function refusal(write: (path: string) => unknown): Promise<string> {
  await using folder = await temporaryDirectory();
  const path = `${folder.path}/own.json`;
  await write(path);
  try {
    loadDefinitions(folder.path);
    return "";
  } catch (error) {
    return (error as Error).message.replace(path, "PATH");
  }
}

Deno.test("a file that is no definition is refused in one sentence that names it", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const latin1 = bytes(JSON.stringify({ ...OWN, name: "H\x7fnde" }))
    .map((byte) => byte === 0x7f ? 0xfc : byte);
  const contents: [Uint8Array, string][] = [
    [bytes(""), "it is not JSON"],
    [bytes("{"), "it is not JSON (line 1 column 2)"],
    [bytes('{\n  "id": 1,,\n}'), "it is not JSON (line 2 column 11)"],
    [latin1, "it is not UTF-8"],
    [new Uint8Array(10_000_000), "it has more than 1000000 bytes"],
    [bytes("[".repeat(900_000) + "]".repeat(90_000)), "it is not JSON (line 1 column 990001)"],
    [bytes("null"), "The definition must be an object"],
    [
      bytes(JSON.stringify({ ...OWN, id: "yolo_ocr" })),
      'there is another with the id "yolo_ocr"',
    ],
  ];
  for (const [content, reason] of contents) {
    expect(await refusal((path) => Deno.writeFile(path, content)))
      .toBe(`Cannot load the pipeline PATH: ${reason}`);
  }
});

Deno.test("what is no file is refused rather than waited for", async () => {
  expect(await refusal((path) => Deno.mkdir(path)))
    .toBe("Cannot load the pipeline PATH: it is a folder");
  expect(await refusal((path) => Deno.symlink("/dev/zero", path)))
    .toBe("Cannot load the pipeline PATH: it is not a file");
  expect(await refusal((path) => Deno.symlink(path, path)))
    .toBe("Cannot load the pipeline PATH: its links lead in a circle");
  expect(await refusal((path) => Deno.symlink(`${path}.not`, path)))
    .toBe("Cannot load the pipeline PATH: there is no such file or folder");
});

Deno.test("a file may begin with a byte order mark, as some editors write it", async () => {
  const text = `\ufeff${JSON.stringify(OWN)}`;
  expect(await refusal((path) => Deno.writeTextFile(path, text))).toBe("");
});

Deno.test("of many faults in a file the first are told", async () => {
  const nodes = Array.from({ length: 100 }, (_, index) => ({ id: `n${index}`, step: "fly" }));
  const text = JSON.stringify({ ...OWN, nodes, edges: [] });
  expect(await refusal((path) => Deno.writeTextFile(path, text))).toBe(
    'Cannot load the pipeline PATH: Node "n0" has an unknown step "fly"; ' +
      'Node "n1" has an unknown step "fly"; Node "n2" has an unknown step "fly"; and more',
  );
});

Deno.test("a folder that is missing is named together with its variable", () => {
  expect(() => loadDefinitions("/no/such/folder")).toThrow(
    "Cannot read PIPELINE_DIR /no/such/folder: there is no such file or folder",
  );
});
