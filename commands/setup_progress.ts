import { join } from "node:path";

/** How often the cache is looked at, in milliseconds. */
const LOOK_MS = 250;

/** Width of the bar, in characters. */
const BAR_WIDTH = 30;

/** Where a package lies in Deno's cache once it is there, in the folder of whichever registry it came from. */
export class PackageFolder {
  /** Such as `sharp`. */
  readonly name: string;
  readonly #cache: string;
  readonly #path: string;

  /** Only notes where to look. */
  constructor(cache: string, name: string, version: string) {
    this.name = name;
    this.#cache = cache;
    this.#path = join(name, version);
  }

  /** Whether it is there, whole. */
  isThere(): boolean {
    return listFolders(this.#cache).some((registry) => {
      try {
        return Deno.statSync(join(this.#cache, registry, this.#path)).isDirectory;
      } catch {
        return false;
      }
    });
  }
}

function listFolders(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Shows which packages have come: a bar on a terminal, one line at the beginning and one at the end elsewhere. */
export class PackageProgress {
  /** Called whenever one has come. */
  onChange: () => void = () => {};
  readonly #started = performance.now();
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #total: number;
  #missing: PackageFolder[];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Says nothing yet, because all may be there. */
  constructor(missing: PackageFolder[]) {
    this.#missing = missing;
    this.#total = missing.length;
  }

  /** Says what is being fetched, and looks at the folders from now on. */
  start(size: string): void {
    if (this.#timer !== undefined) return;
    say(`Fetching ${this.#total} packages (up to ${size}, most of it onnxruntime and FFmpeg)\n`);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    const before = this.#missing.length;
    this.#missing = this.#missing.filter((each) => !each.isThere());
    if (this.#missing.length < before) this.onChange();
    if (this.#isTerminal) this.#draw();
  }

  #draw(): void {
    const done = this.#total - this.#missing.length;
    const bar = "█".repeat(Math.round(done / this.#total * BAR_WIDTH)).padEnd(BAR_WIDTH, "░");
    const [next] = this.#missing;
    const waiting = next === undefined ? "unpacking" : `waiting for ${next.name}`;
    say(`\r\x1b[K${bar} ${done} of ${this.#total}, ${waiting}`);
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
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
