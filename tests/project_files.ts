const ROOT = new URL("../", import.meta.url);

/** What was fetched or made at the root, and is not the project; `.git` is a file in some work trees. */
const OTHERS = [".git", "_fresh", "data", "dist", "models", "node_modules"];

/** Paths of the project's files, relative to its root and sorted, without those of git's ignored folders. */
export function projectFiles(pattern: RegExp, folder = ""): string[] {
  const files: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (OTHERS.includes(folder + name)) continue;
    if (isDirectory) files.push(...projectFiles(pattern, `${folder}${name}/`));
    else if (pattern.test(folder + name)) files.push(folder + name);
  }
  return files.sort();
}
