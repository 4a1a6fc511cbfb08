import { expect } from "expect";
import { projectFiles } from "./project_files.ts";
import { startTestServer } from "./routes/test_server.ts";

const ROOT = new URL("../", import.meta.url);
const STYLES = "static/styles/";

/** The style sheets, and the route of a page with each. */
const PAGES = {
  live: "index",
  cameras: "cameras",
  events: "events",
  watch: "watch",
  videos: "videos",
  docs: "docs",
  message: "_404",
};

/** Layers of every page, which may hold more than the barest page needs. */
const SHARED = ["outdated", "tokens", "reset", "head", "button"];

/** Classes that the chart's package gives. */
const FROM_PACKAGES = /^u-/;

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** Styles without their comments. */
async function readStyles(path: string): Promise<string> {
  return (await read(STYLES + path)).replace(/\/\*.*?\*\//gs, "");
}

/** Names of the layers that a page's style sheet imports, in their order. */
async function layersOf(sheet: string): Promise<string[]> {
  const imports = (await readStyles(`${sheet}.css`)).matchAll(/@import "\.\/layers\/(\w+)\.css"/g);
  return Array.from(imports, ([, name = ""]) => name);
}

/** The classes that styles are about, without those that an element must not have. */
function classesIn(styles: string): string[] {
  const selectors = styles.replace(/:not\([^()]*\)/g, "").match(/[^{};]+(?=\{)/g) ?? [];
  return selectors.flatMap((selector) => selector.match(/(?<=\.)[a-z][\w-]*/g) ?? []);
}

/** The classes of elements in a page: those of its route, and of the components below it. */
async function classesOfPage(route: string): Promise<Set<string>> {
  const classes = new Set<string>();
  const seen = new Set<string>();
  const visit = async (file: URL) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const text = await Deno.readTextFile(file);
    for (const [attribute] of text.matchAll(/(?<=\bclass=)(?:"[^"]*"|\{[^}]*\})/g)) {
      for (const name of attribute.match(/[a-z][\w-]*/g) ?? []) classes.add(name);
    }
    for (const [, path = ""] of text.matchAll(/from "(\.[^"]+\.tsx)"/g)) {
      await visit(new URL(path, file));
    }
  };
  await visit(new URL("routes/_app.tsx", ROOT));
  await visit(new URL(`routes/${route}.tsx`, ROOT));
  return classes;
}

/** Every file with styles, with its text. */
async function allStyles(): Promise<[path: string, styles: string][]> {
  const paths = projectFiles(/^static\/styles\/.*\.css$/).map((path) => path.slice(STYLES.length));
  return await Promise.all(paths.map(async (path): Promise<[string, string]> => [
    path,
    await readStyles(path),
  ]));
}

Deno.test("each page names one style sheet, its own", async () => {
  const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.reject(new Error()) };
  await using server = await startTestServer({ processor });
  const paths = {
    "/": "live",
    "/cameras": "cameras",
    "/cameras?id=x": "cameras",
    "/events": "events",
    "/watch?session_id=x": "watch",
    "/videos": "videos",
    "/docs": "docs",
    "/no": "message",
  };
  for (const [path, name] of Object.entries(paths)) {
    const html = await (await server.fetch(path)).text();
    const sheets = Array.from(
      html.matchAll(/rel="stylesheet" href="([^"?]+)/g),
      ([, href]) => href,
    );
    expect([path, sheets]).toEqual([path, [`/styles/${name}.css`]]);
    const answer = await server.fetch(`/styles/${name}.css`);
    expect([answer.status, answer.headers.get("Content-Type")])
      .toEqual([200, expect.stringContaining("text/css")]);
    await answer.body?.cancel();
  }
});

Deno.test("a page loads the layers that it needs, and no others", async () => {
  for (const [sheet, route] of Object.entries(PAGES)) {
    const layers = await layersOf(sheet);
    expect(layers.slice(0, SHARED.length)).toEqual(SHARED);
    const used = await classesOfPage(route);
    const styled = [
      `${sheet}.css`,
      ...layers.slice(SHARED.length).map((each) => `layers/${each}.css`),
    ];
    for (const path of styled) {
      const unused = classesIn(await readStyles(path))
        .filter((name) => !used.has(name) && !FROM_PACKAGES.test(name));
      expect({ sheet, path, unused }).toEqual({ sheet, path, unused: [] });
    }
  }
  expect(await layersOf("message")).toEqual(SHARED);
  expect(await layersOf("live")).not.toEqual(expect.arrayContaining(["jobs"]));
  expect(await layersOf("videos")).not.toEqual(expect.arrayContaining(["diagnostics"]));
});

Deno.test("no rule is for a class that nothing has, and no layer is left out", async () => {
  const pages = await Promise.all(Object.values(PAGES).map(classesOfPage));
  const used = new Set(pages.flatMap((classes) => [...classes]));
  expect(used.size).toBeGreaterThan(80);
  for (const [path, styles] of await allStyles()) {
    const unused = classesIn(styles)
      .filter((name) => !used.has(name) && !FROM_PACKAGES.test(name));
    expect({ path, unused }).toEqual({ path, unused: [] });
  }
  const loaded = new Set((await Promise.all(Object.keys(PAGES).map(layersOf))).flat());
  const layers = projectFiles(/^static\/styles\/layers\//)
    .map((path) => path.replace(/^.*\/(\w+)\.css$/, "$1"));
  expect(layers.sort()).toEqual([...loaded].sort());
});

Deno.test("layers are named after their file, and lie one over the other alike on all pages", async () => {
  const before = new Set<string>();
  for (const sheet of Object.keys(PAGES)) {
    const styles = await readStyles(`${sheet}.css`);
    const layers = await layersOf(sheet);
    for (const [index, layer] of layers.entries()) {
      // The first is for browsers that know no layers.
      const rule = index === 0 ? "" : ` layer(${layer})`;
      expect(styles).toContain(`@import "./layers/${layer}.css"${rule};`);
      for (const above of layers.slice(index + 1)) before.add(`${layer} ${above}`);
    }
  }
  const turned = [...before].filter((pair) => before.has(pair.split(" ").reverse().join(" ")));
  expect(turned).toEqual([]);
});

Deno.test("colours stand in the tokens, and every property that is used is set somewhere", async () => {
  const styles = await allStyles();
  for (const [path, text] of styles) {
    if (["layers/tokens.css", "layers/outdated.css"].includes(path)) continue;
    const literal = text.match(/#[0-9a-f]{3,8}\b(?![^;{}]*\{)|\b(?:rgb|hsl|oklch|light-dark)\(/g) ??
      [];
    expect({ path, literal }).toEqual({ path, literal: [] });
  }
  const all = styles.map(([, text]) => text).join("\n");
  const scripts = await Promise.all(
    projectFiles(/^(?:islands|components|lib\/client)\//).map(read),
  );
  const set = new Set((all + scripts.join("\n")).match(/--[\w-]+(?="?\s*:)/g));
  const used = new Set(Array.from(all.matchAll(/var\((--[\w-]+)/g), ([, name]) => name));
  expect([...used].filter((name) => !set.has(name ?? ""))).toEqual([]);
  expect([...set].filter((name) => !used.has(name))).toEqual([]);
  expect(used.size).toBeGreaterThan(40);
});

Deno.test("styles do not know left from right", async () => {
  const physical =
    /(?<![-\w])(?:(?:margin|padding|border)-)?(?:left|right)(?:-[a-z]+)*\s*:|:\s*(?:left|right)\s*;|(?<![-\w])(?:min-|max-)?(?:width|height)\s*:(?![^;{}]*\))/;
  for (const [path, styles] of await allStyles()) {
    expect([path, physical.exec(styles)?.[0]]).toEqual([path, undefined]);
  }
});
