const ROOT = new URL("../", import.meta.url);

/** Folders that hold what was fetched or made, and not the project. */
const OTHERS = [".git", "_fresh", "data", "dist", "models", "node_modules"];

/** Paths of the project's files, relative to its root and sorted, without those of git's ignored folders. */
export function projectFiles(pattern: RegExp, folder = ""): string[] {
  const files: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory && !OTHERS.includes(name)) {
      files.push(...projectFiles(pattern, `${folder}${name}/`));
    } else if (!isDirectory && pattern.test(folder + name)) {
      files.push(folder + name);
    }
  }
  return files.sort();
}
