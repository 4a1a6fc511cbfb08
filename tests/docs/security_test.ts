import { expect } from "expect";
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** The document in parts, by their headings. */
async function readSections(): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(new URL("docs/security.md", ROOT));
  const parts = text.split(/^##+ /m).slice(1);
  return new Map(parts.map((part) => {
    const [heading = ""] = part.split("\n");
    return [heading, part.slice(heading.length)];
  }));
}

Deno.test("everything that docs/security.md promises names the test that shows it", async () => {
  let promises = 0;
  for (const [heading, text] of await readSections()) {
    if (heading === "What it does not do") continue;
    for (const [, promise = ""] of text.matchAll(/^- ((?:.|\n(?!- |\n))*)/gm)) {
      if (promise === "The limits above hold for them too.") continue;
      promises += 1;
      expect([promise, /\]\(\.\.\/tests\/[^)]+_test\.tsx?\)/.test(promise)]).toEqual([
        promise,
        true,
      ]);
    }
  }
  expect(promises).toBeGreaterThan(20);
});

Deno.test("the permissions in docs/security.md are those that the server is started with", async () => {
  const text = (await readSections()).get("Permissions") ?? "";
  const documented = [...text.matchAll(/`(--allow-\w+)`/g)].map(([, name]) => name);
  const given = [...project.tasks.start.matchAll(/--allow-\w+/g)].map(([name]) => name);
  expect(documented.toSorted()).toEqual(given.toSorted());
});
