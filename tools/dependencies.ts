/**
 * `docs/dependencies.md`: what livesyte is made of, and under which licences.
 *
 * @module
 */

import { entryModules } from "../packaging/contents.ts";
import { importedPackages, type NpmPackage, readModuleGraph } from "../packaging/npm_packages.ts";
import { MODELS } from "../lib/models/model_catalog.ts";
import project from "../deno.json" with { type: "json" };

/** A row of the table. */
interface Row {
  name: string;
  version: string;
  licence: string;
}

/** The page, in Markdown that has not been formatted yet. */
export async function describeDependencies(): Promise<string> {
  const direct = await importedPackages(entryModules({ models: true, video: true }));
  const names = new Set(direct.map(({ name }) => name));
  const programs = await Promise.all(direct.map(describePackage));
  const development = Object.values(project.imports)
    .map((specifier) => /^npm:(.+)@([^@]+)$/.exec(specifier))
    .filter((match) => match !== null && !names.has(match[1] ?? ""))
    .map((match) => `\`${match?.[1]}\` ${match?.[2]}`);
  return [
    "# Dependencies",
    "Made by `deno task docs`. All versions are exact, and `deno.lock` holds the hash of every package.",
    "## Of the program",
    table(["package", "version", "licence"], programs),
    "## Of the models",
    table(
      ["model", "size", "licence"],
      MODELS.map(({ id, size, licence }) => ({
        name: id,
        version: `${(size / 1e6).toFixed(1)} MB`,
        licence,
      })),
    ),
    "## Of the tests and measurements only",
    `${development.join(", ")}.`,
    "## Licences to know of",
    "- `yolov8n` and `yolov8s` are under the AGPL-3.0, which binds those who offer them over a network as " +
    "well. `YOLO_MODEL=yolox_nano` is under the Apache-2.0.\n" +
    "- `sharp` brings libvips, a shared library under the LGPL-3.0.\n" +
    "- `node-av` brings FFmpeg, built with parts under the GPL and with libfdk-aac, whose licence forbids " +
    "passing both on together. It is for video files only, runs in a process of its own, and is no part of " +
    "the executable unless `deno task compile --video` puts it there.",
    "`deno task licences` lists the licence of every package on this machine, with those that packages bring.",
  ].join("\n\n") + "\n";
}

/** The licences of all packages on this machine that the lock file names, with their packages, as text. */
async function listLicences(): Promise<string> {
  const packages = Object.values((await readModuleGraph("_fresh/server.js")).npmPackages);
  const rows = await Promise.all(packages.map((each) => describePackage(each).catch(() => null)));
  // Packages for other platforms are in the lock file, but not on this disk.
  const groups = Map.groupBy(rows.filter((row) => row !== null), ({ licence }) => licence);
  return [...groups].toSorted(([a], [b]) => a < b ? -1 : 1).map(([licence, members]) => {
    const names = new Set(members.map(({ name, version }) => `${name}@${version}`));
    return `${licence}\n${[...names].toSorted().map((name) => `  ${name}\n`).join("")}`;
  }).join("");
}

async function describePackage({ name, version, localPath }: NpmPackage): Promise<Row> {
  const { license, licenses } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`));
  const licence = license?.type ?? license ?? licenses?.[0]?.type ?? "none stated";
  return { name, version, licence };
}

function table(head: readonly string[], rows: readonly Row[]): string {
  const lines = rows.toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |`);
  return [`| ${head.join(" | ")} |`, "| --- | --- | --- |", ...lines].join("\n");
}

if (import.meta.main) {
  await Deno.stdout.write(new TextEncoder().encode(await listLicences()));
}
