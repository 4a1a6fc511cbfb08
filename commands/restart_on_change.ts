import { fileURLToPath } from "node:url";
import { untilAskedToStop } from "./until_asked_to_stop.ts";

/** How long the files have to be at rest before the program starts again, in milliseconds. */
const REST_MS = 100;

/** With this exit code a program says that no change of its files could mend what is wrong, such as a port in use. */
const USAGE_EXIT_CODE = 2;

/**
 * Runs a Deno program, and starts it again whenever its files change, until this process is asked to stop.
 *
 * It does what `deno run --watch` does, and ends on SIGTERM too.
 *
 * @param args Arguments of `deno`
 * @param root Where the program runs; its modules and settings lie directly in it and in `folders`
 * @param folders Names of folders in `root` whose files count, however deep; those that do not exist are left out
 * @returns The exit code of the last run
 */
export async function restartOnChange(
  args: string[],
  root: URL,
  folders: readonly string[],
): Promise<number> {
  const asked = untilAskedToStop();
  using changes = new Changes(root, folders);
  for (;;) {
    const changed = changes.next();
    const child = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null" }).spawn();
    let code: number | undefined;
    const ended = child.status.then((status) => code = status.code);
    await Promise.race([asked, changed, ended]);
    // One that failed by itself is started again when somebody has mended it.
    if (code !== undefined && code !== USAGE_EXIT_CODE) await Promise.race([asked, changed]);
    const signal = await Promise.race([asked, Promise.resolve(undefined)]);
    if (code === undefined) kill(child, signal ?? "SIGTERM");
    await ended;
    if (signal !== undefined || code === USAGE_EXIT_CODE) return code ?? 0;
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself at this moment.
  }
}

/** Waits for files to change. */
class Changes {
  readonly #watchers: Deno.FsWatcher[];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next = Promise.withResolvers<void>();

  constructor(root: URL, folders: readonly string[]) {
    const path = fileURLToPath(root);
    // Files are looked for through their folders, since editors replace them.
    const files = Deno.watchFs(path, { recursive: false });
    const there = Array.from(Deno.readDirSync(root), ({ name }) => name);
    const deep = Deno.watchFs(
      folders.filter((folder) => there.includes(folder)).map((folder) => `${path}${folder}`),
    );
    this.#watchers = [files, deep];
    this.#watch(files, (changed) => /\.(?:ts|json)$/.test(changed));
    this.#watch(deep, () => true);
  }

  /** Resolves once a file has changed and all have been at rest for a moment. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  async #watch(watcher: Deno.FsWatcher, isSource: (path: string) => boolean): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access" || !paths.some(isSource)) continue;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      }, REST_MS);
    }
  }
}
