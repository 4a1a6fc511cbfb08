import { join } from "node:path";

/** How often the cache is looked at, in milliseconds. */
const LOOK_MS = 250;

/** Width of the bar, in characters. */
const BAR_WIDTH = 30;

/** So few packages are named while they are waited for; the last to come are the largest. */
const FEW = 3;

/** A package that is being fetched. */
interface Package {
  /** Such as `@img/colour`. */
  name: string;
  /** Path within the folder of its registry, once it is there. */
  path: string;
}

/** Shows which packages have come: a bar on a terminal, one line at the beginning and one at the end elsewhere. */
export class PackageProgress {
  readonly #cache: string;
  readonly #size: string;
  readonly #onArrival: () => void;
  readonly #started = performance.now();
  readonly #isTerminal = Deno.stderr.isTerminal();
  #total = 0;
  #missing: Package[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Says nothing yet, because all packages may be there.
   *
   * @param cache The folder of Deno's cache with a folder for each registry
   * @param size How much an empty cache fetches, for people
   * @param onArrival Called whenever a package has come
   */
  constructor(cache: string, size: string, onArrival: () => void) {
    this.#cache = cache;
    this.#size = size;
    this.#onArrival = onArrival;
  }

  /** Begins to wait for what is fetched from an address, if that is a package. */
  add(url: string): void {
    const [, name = "", version = ""] =
      /\/((?:@[^/]+\/)?[^/]+)\/-\/[^/]+?-(\d[^/]*)\.tgz$/.exec(url) ?? [];
    if (name === "") return;
    this.#missing.push({ name, path: join(name, version) });
    this.#total++;
    if (this.#timer !== undefined) return;
    say(`Fetching packages (up to ${this.#size}, most of it onnxruntime and FFmpeg)\n`);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Says how long it took. */
  finish(): void {
    if (this.#timer === undefined) return;
    this[Symbol.dispose]();
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    say(`Fetched ${this.#total} packages in ${seconds} s\n`);
  }

  /** Clears the bar away. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#isTerminal) say("\r\x1b[K");
  }

  #look(): void {
    const before = this.#missing.length;
    const registries = listFolders(this.#cache);
    this.#missing = this.#missing.filter(({ path }) =>
      !registries.some((registry) => isFolder(join(this.#cache, registry, path)))
    );
    if (this.#missing.length < before) this.#onArrival();
    if (this.#isTerminal) this.#draw();
  }

  #draw(): void {
    const done = this.#total - this.#missing.length;
    const bar = "█".repeat(Math.round(done / this.#total * BAR_WIDTH)).padEnd(BAR_WIDTH, "░");
    const few = this.#missing.length <= FEW ? this.#missing.map(({ name }) => ` ${name}`) : [];
    say(`\r\x1b[K${bar} ${done} of ${this.#total} packages${few.length > 0 ? "," : ""}${few}`);
  }
}

function listFolders(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    // Deno makes it with the first package.
    return [];
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
