/**
 * Builds the client package for npm: `deno task client` writes `dist/client`, with one module and one file of types.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import jsr from "../client/jsr.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** What is taken as it is; the paths are those in the project. */
const COPIED = ["client/README.md", "LICENSE"];

/** The package as npm knows it; JSR reads `client/jsr.json`. */
const PACKAGE = {
  name: "livesyte-client",
  version: jsr.version,
  description: "Client of livesyte, the real-time vision server: streams, viewers, images, videos",
  license: jsr.license,
  type: "module",
  exports: { ".": { types: "./mod.d.ts", default: "./mod.js" } },
  types: "./mod.d.ts",
  sideEffects: false,
  engines: { node: ">=20" },
};

/**
 * Builds the package.
 *
 * @param folder Created where it is missing; ends with a slash.
 * @throws {Error} If it cannot be built.
 */
export async function buildClient(folder: URL): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--no-config", "--declaration", "--platform=browser"],
      ...["--outdir", fileURLToPath(folder), "client/mod.ts"],
    ],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot build the client: ${new TextDecoder().decode(stderr)}`,
    );
  }
  await hideTypes(folder);
  const description = new URL("package.json", folder);
  await Deno.writeTextFile(description, `${JSON.stringify(PACKAGE, null, 2)}\n`);
  for (const path of COPIED) {
    await Deno.copyFile(
      new URL(path, ROOT),
      new URL(path.split("/").at(-1) ?? "", folder),
    );
  }
}

/** Takes what the module does not export out of the exports of its types, where Deno leaves it. */
async function hideTypes(folder: URL): Promise<void> {
  const exported = Object.keys(await import(new URL("mod.js", folder).href));
  const types = new URL("mod.d.ts", folder);
  const text = (await Deno.readTextFile(types)).replaceAll(
    /^export (?=declare \w+ (\w+))/gm,
    (prefix, name) => exported.includes(name) ? prefix : "",
  );
  // Without this, everything that a file of types declares would be exported.
  await Deno.writeTextFile(types, `${text}\nexport {};\n`);
}

if (import.meta.main) {
  const folder = new URL("dist/client/", ROOT);
  await buildClient(folder);
  for (const { name } of Deno.readDirSync(folder)) {
    const { size } = await Deno.stat(new URL(name, folder));
    await Deno.stdout.write(
      new TextEncoder().encode(`dist/client/${name}  ${size} bytes\n`),
    );
  }
}
