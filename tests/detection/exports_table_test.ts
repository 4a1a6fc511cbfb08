import { expect } from "expect";
import { READ } from "./exports/export_rows.ts";
import { REFUSED } from "./exports/refused_rows.ts";

/** The tables of docs/pipelines.md, as the rows that are tested make them. */
function tables(): string[][] {
  const isSet = (name: string) => name.startsWith("operator set ");
  const read = READ.filter(({ name }) => !isSet(name)).map(({ name, kind }) => [
    name,
    kind === "dfl" ? "yes" : "no",
  ]);
  const sets = READ.filter(({ name, kind }) => isSet(name) && kind === "dfl").map(({ name }) =>
    Number(name.split(" ").at(-1))
  );
  const ofSets = [`operator sets ${Math.min(...sets)} to ${Math.max(...sets)}`, "yes"];
  return [...read, ofSets, ...REFUSED.map(({ name, because }) => [name, because])];
}

/** The rows of all tables of a text, with the spaces around their cells removed. */
function rowsOf(text: string): string[][] {
  return text.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.slice(1, -1).split(" | ").map((cell) => cell.trim())
  );
}

Deno.test("docs/pipelines.md lists every kind of export that is tested, and what becomes of it", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/pipelines.md", import.meta.url));
  const listed = rowsOf(text);
  const missing = tables().filter((row) =>
    !listed.some((other) => other.join("|") === row.join("|"))
  );
  expect(missing).toEqual([]);
});
