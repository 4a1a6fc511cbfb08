import { expect } from "expect";
import fc from "fast-check";
import { dirname, join } from "node:path";
import { matchClasses, readClassNames } from "../../lib/evaluation/class_names.ts";
import { readDataset } from "../../lib/evaluation/dataset.ts";
import { DatasetError } from "../../lib/evaluation/errors.ts";
import { parseLabels, toPixelBox } from "../../lib/evaluation/parse_labels.ts";

const LABEL = "0 0.5 0.5 0.2 0.4\n";

/** A folder with these files, which is removed at the end. */
async function folderOf(
  files: Record<string, string>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(path, name)), { recursive: true });
    await Deno.writeTextFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Paths of the images with the number of their labels. */
async function countLabels(folder: string): Promise<Record<string, number>> {
  const { files } = await readDataset(folder);
  return Object.fromEntries(
    files.map(({ path, labels }) => [path.slice(folder.length + 1), labels.length]),
  );
}

Deno.test("labels are found beside the images", async () => {
  await using folder = await folderOf({ "b.JPG": "", "b.txt": LABEL + LABEL, "a.png": "" });
  expect(await countLabels(folder.path)).toEqual({ "a.png": 0, "b.JPG": 2 });
});

Deno.test("labels are found in folders of their own", async () => {
  await using folder = await folderOf({
    "images/train2017/a.jpg": "",
    "labels/train2017/a.txt": LABEL,
    "images/b.webp": "",
    "labels/b.txt": "\ufeff" + LABEL.replace("\n", "\r\n\r\n"),
  });
  expect(await countLabels(folder.path)).toEqual({
    "images/b.webp": 1,
    "images/train2017/a.jpg": 1,
  });
  // Also where only a part of the images is named.
  expect(await countLabels(join(folder.path, "images", "train2017"))).toEqual({ "a.jpg": 1 });
});

Deno.test("links to folders are followed, once", async () => {
  await using folder = await folderOf({
    "set/a.jpg": "",
    "set/a.txt": LABEL,
    "use/.hidden.jpg": "",
  });
  await Deno.symlink(join(folder.path, "set"), join(folder.path, "use", "images"));
  await Deno.symlink(join(folder.path, "use"), join(folder.path, "set", "circle"));
  expect(await countLabels(join(folder.path, "use"))).toEqual({ "images/a.jpg": 1 });
});

Deno.test("folders that cannot be used are refused in one sentence", async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ "a.txt": LABEL }, /^There is no JPEG, PNG or WebP image in /],
    [{ "a.jpg": "", "b.txt": LABEL }, /^There are no labels for the images in .*: expected \.txt /],
    [{ "a.jpg": "", "a.txt": "\n" }, /^There is no object in the labels of /],
    [{ "a.jpg": "", "a.txt": `${LABEL}0 1 2\n` }, /^Cannot use line 2 of .*a\.txt: expected five /],
    [
      { "a.jpg": "", "a.txt": LABEL, "data.yaml": "names: 7" },
      /^Cannot read the names in .*yaml: /,
    ],
    [{ "a.jpg": "", "a.txt": LABEL, "data.yaml": "names: [" }, /^Cannot read .*data\.yaml: \S/],
  ];
  for (const [files, message] of cases) {
    await using folder = await folderOf(files);
    const error = await readDataset(folder.path).catch((each) => each);
    expect(error).toBeInstanceOf(DatasetError);
    expect(error.message).toMatch(message);
  }
  await expect(readDataset("gone")).rejects.toThrow(
    "Cannot read gone: there is no such file or folder",
  );
  await using folder = await folderOf({ "a.jpg": "" });
  await expect(readDataset(join(folder.path, "a.jpg"))).rejects.toThrow(/: it is no folder$/);
});

Deno.test("lines that are not five numbers within their ranges are refused", () => {
  const lines = [
    "0 0.5 0.5 0.2",
    "0 0.5 0.5 0.2 0.2 0.9",
    "dog 0.5 0.5 0.2 0.2",
    "-1 0.5 0.5 0.2 0.2",
  ];
  lines.push("0.5 0.5 0.5 0.2 0.2", "0 1.5 0.5 0.2 0.2", "0 0.5 0.5 0 0.2", "0 NaN 0.5 0.2 0.2");
  lines.push("0,0.5,0.5,0.2,0.2", "0 0.5 0.5 Infinity 0.2");
  for (const line of lines) {
    expect(() => parseLabels(`${LABEL}${line}`, "a.txt")).toThrow(
      `Cannot use line 2 of a.txt: expected five numbers, a class and the centre's x and y, width ` +
        `and height between 0 and 1, got ${JSON.stringify(line)}`,
    );
  }
});

Deno.test("labels say what was written, and no text makes parsing fail otherwise", () => {
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  const label = fc.tuple(fc.nat(99), share, share, share, share);
  fc.assert(fc.property(fc.array(label, { maxLength: 20 }), (labels) => {
    const parsed = parseLabels(labels.map((values) => values.join(" ")).join("\n"), "a.txt");
    expect(parsed.map(({ classId, shares }) => [classId, ...shares])).toEqual(labels);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      parseLabels(text, "a.txt");
    } catch (error) {
      expect(error).toBeInstanceOf(DatasetError);
    }
  }));
});

Deno.test("shares of an image become pixels", () => {
  const [label] = parseLabels("3 0.5 0.25 0.5 0.5", "a.txt");
  expect(label && toPixelBox(label, { width: 200, height: 100 })).toEqual([50, 0, 100, 50]);
});

Deno.test("class names are read from a list or from YAML", async () => {
  const cases: [Record<string, string>, [number, string][] | undefined][] = [
    [{ "classes.txt": "cat\r\ndog\r\n" }, [[0, "cat"], [1, "dog"]]],
    [{ "labels/classes.txt": "cat" }, [[0, "cat"]]],
    [{ "data.yaml": "nc: 2\nnames: ['cat', dog]" }, [[0, "cat"], [1, "dog"]]],
    [{ "set.yml": "names:\n  - cat\n  - no\n" }, [[0, "cat"], [1, "no"]]],
    [{ "other.yaml": "path: here", "set.yaml": "names:\n  0: cat\n  7: dog" }, [[0, "cat"], [
      7,
      "dog",
    ]]],
    [{ "other.yaml": "path: here" }, undefined],
    [{}, undefined],
  ];
  for (const [files, expected] of cases) {
    await using folder = await folderOf(files);
    const found = await readClassNames(folder.path);
    expect([files, found && [...found.names]]).toEqual([files, expected]);
  }
});

Deno.test("classes are matched by name, or by number where there are no names that help", () => {
  const model = ["person", "bicycle", "car"];
  const files = [{ labelPath: "a.txt", labels: parseLabels(`${LABEL}2 0.5 0.5 0.1 0.1`, "a.txt") }];
  const namesOf = (...names: string[]) => ({
    path: "classes.txt",
    names: new Map(names.entries()),
  });
  const idsOf = (...given: Parameters<typeof matchClasses>) =>
    [...matchClasses(...given)].map(([id, { classId, name }]) => [id, classId, name]);
  expect(idsOf(undefined, model, files)).toEqual([[0, 0, "person"], [2, 2, "car"]]);
  expect(idsOf(namesOf("car", "x", "person", "y"), model, files))
    .toEqual([[0, 2, "car"], [2, 0, "person"]]);
  // As many as the model has, only called otherwise.
  expect(idsOf(namesOf("homme", "vélo", "auto"), model, files))
    .toEqual([[0, 0, "homme"], [2, 2, "auto"]]);
  // One of them is in another place, so that numbers would mislead.
  expect(() => matchClasses(namesOf("car", "vélo", "auto"), model, files)).toThrow(
    'class 2, "auto"',
  );
  expect(() => matchClasses(namesOf("person", "unicorn"), model, files))
    .toThrow("Cannot use line 2 of a.txt: class 2 has no name in classes.txt");
  expect(() => matchClasses(namesOf("person", "x", "unicorn", "y"), model, files))
    .toThrow('Cannot use line 2 of a.txt: class 2, "unicorn", is none of the model\'s');
  expect(() => matchClasses(undefined, ["person"], files))
    .toThrow("Cannot use line 2 of a.txt: class 2 is beyond the model's last, 0");
});
