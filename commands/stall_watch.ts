import { download } from "../lib/models/download.ts";

/** When no package has come for so long, the registry is asked whether it is still there, in milliseconds. */
const STALL_MS = 10_000;

/** How long the registry may take to answer then, in milliseconds. */
const ANSWER_MS = 10_000;

/** How often it is asked in vain: on a line that is full, one answer can come too late. */
const ATTEMPTS = 3;

/** Gives up when no package comes and the registry does not answer either; a slow transfer alone is no reason. */
export class StallWatch {
  /** Whether the registry was given up. */
  gaveUp = false;
  readonly #giveUp: () => void;
  #url = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;

  /** Waits from now on; `giveUp` is called at most once. */
  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
    this.restart();
  }

  /**
   * Something came: the waiting begins anew.
   *
   * @param url Address of a package, if one is known
   */
  restart(url: string = this.#url): void {
    this.#url = url;
    this.#attempts = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), STALL_MS);
  }

  async #look(): Promise<void> {
    // Without an address nothing is being fetched: packages are being unpacked. The package itself is not asked for,
    // since a proxy may read a large one to its end before it passes on the first byte.
    if (this.#url === "" || await answers(new URL("/", this.#url))) return this.restart();
    if (++this.#attempts < ATTEMPTS) {
      this.#timer = setTimeout(() => this.#look(), 0);
      return;
    }
    this.gaveUp = true;
    this.#giveUp();
  }

  /** Ends the waiting. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Whether a server answers, with whatever it be. */
async function answers(url: URL): Promise<boolean> {
  try {
    for await (const _piece of download(url, { idleTimeoutMs: ANSWER_MS })) break;
    return true;
  } catch (error) {
    return !(error instanceof TypeError || error instanceof DOMException);
  }
}
