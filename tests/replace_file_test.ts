import { expect } from "expect";
import { replaceFile } from "../lib/replace_file.ts";
import { temporaryDirectory } from "./video/temporary_directory.ts";

Deno.test("a file is replaced as a whole, with the permissions that are asked for", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/key.pem`;
  await Deno.writeTextFile(path, "a longer text than the next", { mode: 0o644 });
  await replaceFile(path, "secret\n", { mode: 0o600 });
  expect(await Deno.readTextFile(path)).toBe("secret\n");
  expect(((await Deno.stat(path)).mode ?? 0) & 0o777).toBe(0o600);
  await replaceFile(path, [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]);
  expect(await Deno.readFile(path)).toEqual(Uint8Array.of(1, 2, 3));
  expect([...Deno.readDirSync(directory.path)]).toHaveLength(1);
});

Deno.test("a write that fails leaves nothing beside the file", async () => {
  await using directory = await temporaryDirectory();
  // A folder that is not empty cannot be replaced.
  await Deno.mkdir(`${directory.path}/a/b`, { recursive: true });
  await expect(replaceFile(`${directory.path}/a`, "text")).rejects.toThrow();
  expect([...Deno.readDirSync(directory.path)].map(({ name }) => name)).toEqual(["a"]);
  await expect(replaceFile(`${directory.path}/nowhere/a`, "text"))
    .rejects.toThrow(Deno.errors.NotFound);
});
