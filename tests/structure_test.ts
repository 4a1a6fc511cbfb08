import { expect } from "expect";
import { projectFiles } from "./project_files.ts";

const ROOT = new URL("../", import.meta.url);

/** What every part may use: the version, settings, texts, files, processes, errors, logs and metrics, and the messages between server and page. */
const SHARED = [
  "deno.json",
  "lib/child_program.ts",
  "lib/cluster_config.ts",
  "lib/config.ts",
  "lib/environment.ts",
  "lib/events_config.ts",
  "lib/cut_text.ts",
  "lib/host_name.ts",
  "lib/licence.ts",
  "lib/named_error.ts",
  "lib/replace_file.ts",
  "lib/setting_formats.ts",
  "lib/user_error.ts",
  "lib/telemetry",
  "lib/protocol",
];

/** What an image is, and what else of it runs in browsers too. */
const PLAIN_IMAGE = [
  "lib/image/boxes.ts",
  "lib/image/captions.ts",
  "lib/image/label_colors.ts",
  "lib/image/map_geometry.ts",
  "lib/image/pose.ts",
  "lib/image/size.ts",
];

/** What each part of the program may import, beside itself. */
const ARROWS: Readonly<Record<string, string[]>> = {
  "lib/protocol": [],
  "lib/telemetry": SHARED,
  "lib/image": SHARED,
  "lib/workers": SHARED,
  "lib/onnx": [...SHARED, "lib/image"],
  "lib/evaluation": [...SHARED, "lib/image"],
  "lib/detection": [...SHARED, "lib/image", "lib/onnx"],
  "lib/ocr": [...SHARED, "lib/image", "lib/onnx"],
  "lib/models": [...SHARED, "lib/image", "lib/onnx", "lib/detection", "lib/ocr"],
  "lib/devices": [...SHARED, "lib/image", "lib/onnx", "lib/models"],
  "lib/pipeline": [
    ...SHARED,
    ...["lib/image", "lib/onnx", "lib/models", "lib/detection", "lib/ocr", "lib/workers"],
    "lib/devices",
  ],
  "lib/streaming": [...SHARED, "lib/image"],
  "lib/storage": SHARED,
  "lib/events": [...SHARED, "lib/image", "lib/storage"],
  "lib/video": [...SHARED, "lib/image", "lib/storage", "lib/events"],
  "lib/cameras": [...SHARED, "lib/image", "lib/streaming", "lib/events"],
  "lib/cluster": [
    ...SHARED,
    ...["lib/pipeline", "lib/storage", "lib/video", "lib/streaming", "lib/cameras", "lib/workers"],
  ],
  "lib/front": SHARED,
  "lib/reference": [],
  "lib/http": [
    ...SHARED,
    ...["lib/storage", "lib/video", "lib/cameras", "lib/events", "lib/reference"],
  ],
  "client": [],
  "lib/client": ["client", "lib/protocol", ...PLAIN_IMAGE],
  "components": ["client", "lib/client", "lib/protocol", "lib/reference", ...PLAIN_IMAGE],
  "islands": ["lib/client", "lib/protocol", "components", ...PLAIN_IMAGE],
};

/** The modules of Fresh that applications import by name. */
const FRESH = ["vendor/fresh/mod.ts", "vendor/fresh/runtime.ts", "vendor/fresh/dev.ts"];

/** Which gather the islands in few scripts. */
const BUNDLES = "islands/bundles";

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

const modules = projectFiles(/\.tsx?$/);

/** The path of a module of the project from its root; `undefined` for any other, such as a package's. */
function localPath(specifier: string): string | undefined {
  if (!specifier.startsWith(ROOT.href)) return undefined;
  const path = specifier.slice(ROOT.href.length);
  return isWithin(path, "node_modules") ? undefined : path;
}

/** Every import of one module of the project by another. */
async function localImports(entries: readonly string[]): Promise<[from: string, to: string][]> {
  const imports = new Map<string, [string, string]>();
  for (const entry of entries) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: ROOT,
    }).output();
    const { modules }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier: from, dependencies = [] } of modules) {
      for (const { code, type } of dependencies) {
        const pair = [localPath(from), localPath((code ?? type)?.specifier ?? "")];
        if (pair[0] !== undefined && pair[1] !== undefined) {
          imports.set(pair.join(" "), [pair[0], pair[1]]);
        }
      }
    }
  }
  return [...imports.values()];
}

function isWithin(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}/`);
}

async function programImports(): Promise<[from: string, to: string][]> {
  const isEntry = (file: string) =>
    ["main.ts", "dev.ts"].includes(file) || /^lib\/.*_process\.ts$/.test(file) ||
    isWithin(file, "routes") || file === "client/mod.ts" || /^lib\/.*worker\.ts$/.test(file);
  return await localImports(modules.filter(isEntry));
}

const imports = programImports();

Deno.test("parts of the program import only those that they may", async () => {
  const wrong = (await imports).filter(([from, to]) => {
    const part = Object.keys(ARROWS).find((each) => isWithin(from, each));
    if (part === undefined || isWithin(to, part) || FRESH.includes(to)) return false;
    return !ARROWS[part].some((allowed) => isWithin(to, allowed));
  });
  expect(wrong).toEqual([]);
  // The graph was really read.
  expect((await imports).length).toBeGreaterThan(200);
});

Deno.test("no modules import each other in a circle, types included", async () => {
  const importsOf = new Map<string, string[]>();
  for (const [from, to] of await imports) {
    if (!isWithin(from, "vendor")) importsOf.set(from, [...importsOf.get(from) ?? [], to]);
  }
  // What imports nothing that is left is in no circle.
  let removed = true;
  while (removed) {
    removed = false;
    for (const [from, targets] of importsOf) {
      if (targets.some((to) => importsOf.has(to))) continue;
      removed = importsOf.delete(from);
    }
  }
  // Both those in circles, and those that import them.
  expect([...importsOf.keys()]).toEqual([]);
});

Deno.test("nothing reaches into vendor/fresh but its own tests", async () => {
  for (const file of modules) {
    if (isWithin(file, "vendor") || isWithin(file, "tests/vendor")) continue;
    const text = await Deno.readTextFile(new URL(file, ROOT));
    expect([file, /from "[^"]*vendor\/[^"]*"/.test(text)]).toEqual([file, false]);
  }
});

Deno.test("every island is in one bundle, without which it would stay dead", async () => {
  const bundled = await Promise.all(
    modules.filter((file) => isWithin(file, BUNDLES)).map(async (file) => {
      const text = await Deno.readTextFile(new URL(file, ROOT));
      return Array.from(text.matchAll(/export \{ \w+ \} from "\.\.\/(.+)"/g), ([, path]) => path);
    }),
  );
  const islands = modules.filter((file) => isWithin(file, "islands") && !isWithin(file, BUNDLES))
    .map((file) => file.slice("islands/".length));
  expect(islands.length).toBeGreaterThan(10);
  expect(bundled.flat().sort()).toEqual(islands);
});

Deno.test("files are short enough to be read at a sitting", async () => {
  // Made from the schemas, and looked up in rather than read.
  const isMade = (file: string) => file === "client/messages.ts";
  for (const file of modules.filter((each) => !isMade(each))) {
    const lines = (await Deno.readTextFile(new URL(file, ROOT))).split("\n").length - 1;
    const limit = isWithin(file, "tests") ? 600 : 350;
    expect([file, lines, lines <= limit]).toEqual([file, lines, true]);
  }
});

Deno.test("files are named in snake_case, and components by their component", () => {
  for (const file of modules) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    expect([
      file,
      /^(?:[a-z0-9_]+(?:\.(?:json|jpg|mjpeg))?|\[(?:\.\.\.)?\w+\]|[A-Z]\w+)\.tsx?$/.test(name),
    ])
      .toEqual([file, true]);
  }
});

Deno.test("committed text names no package registry and no folder of a machine", async () => {
  // Written in parts, so that this file itself has none of them.
  const forbidden = [["registry", "npmjs"], ["npmmirror", "com"]].map((parts) => parts.join("."));
  const folders = [["", "root", ""], ["", "home", ""], ["", "Users", ""], ["", "work", ""]]
    .map((parts) => parts.join("/"));
  for (const file of projectFiles(/./)) {
    const bytes = await Deno.readFile(new URL(file, ROOT)).catch(() => new Uint8Array());
    if (bytes.includes(0) || file === "deno.lock") continue;
    const text = new TextDecoder().decode(bytes);
    const found = [...forbidden, ...folders].filter((each) =>
      new RegExp(`(?<![\\w.])${each.replaceAll(".", "\\.")}`).test(text)
    );
    expect([file, found]).toEqual([file, []]);
  }
});
