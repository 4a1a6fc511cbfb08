/** What a literal stands for; dictionaries become maps, tuples and sets arrays, `None` and `null` are null. */
export type LiteralValue =
  | string
  | number
  | boolean
  | null
  | LiteralValue[]
  | Map<string, LiteralValue>;

const WORDS: Readonly<Record<string, LiteralValue>> = {
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
};

const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07", "\n": "" },
};

/**
 * Reads a literal of Python, which exporters write into the metadata of models, or one of JSON.
 *
 * @returns `undefined` where the text is no such literal
 */
export function parsePythonLiteral(text: string): LiteralValue | undefined {
  const parser = new LiteralParser(text);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Deepest nesting that is read, so that no text exhausts the stack. */
const MOST_LEVELS = 20;

class LiteralParser {
  readonly #text: string;
  #place = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): LiteralValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#place < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(level: number): LiteralValue {
    this.#skipSpace();
    const first = this.#text[this.#place] ?? "";
    if (first in CLOSING && level < MOST_LEVELS) return this.#items(first, level + 1);
    const string = this.#match(/[uU]?(['"])/y);
    if (string !== undefined) return this.#string(string.at(-1) ?? "");
    const number = this.#match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y);
    if (number !== undefined) return Number(number);
    const word = this.#match(/[A-Za-z]+/y);
    if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word] ?? null;
    throw this.#unexpected();
  }

  #items(opening: string, level: number): LiteralValue {
    const closing = CLOSING[opening] ?? "";
    const list: LiteralValue[] = [];
    const map = new Map<string, LiteralValue>();
    this.#place += 1;
    while (!this.#take(closing)) {
      const value = this.#value(level);
      if (opening === "{" && this.#take(":")) map.set(String(value), this.#value(level));
      else list.push(value);
      if (this.#take(",")) continue;
      if (this.#take(closing)) break;
      throw this.#unexpected();
    }
    if (map.size > 0 && list.length > 0) throw this.#unexpected();
    return opening === "{" && list.length === 0 ? map : list;
  }

  /** Reads up to the quote; the one before is read already. */
  #string(quote: string): string {
    let value = "";
    while (this.#place < this.#text.length) {
      const character = this.#text[this.#place++] ?? "";
      if (character === quote) return value;
      value += character === "\\" ? this.#escape() : character;
    }
    throw this.#unexpected();
  }

  #escape(): string {
    const code = this.#match(/x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y);
    if (code !== undefined) {
      const point = parseInt(code.slice(1), 16);
      if (point > 0x10ffff) throw this.#unexpected();
      return String.fromCodePoint(point);
    }
    const octal = this.#match(/[0-7]{1,3}/y);
    if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
    const character = this.#text[this.#place++] ?? "";
    if (Object.hasOwn(ESCAPES, character)) return ESCAPES[character] ?? "";
    // As Python does, which keeps the backslash of an escape that it does not know.
    return "\\'\"/".includes(character) ? character : `\\${character}`;
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#place] !== character) return false;
    this.#place += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#place;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#place += found.length;
    return found;
  }

  #skipSpace(): void {
    this.#match(/\s*/y);
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`Unexpected character at ${this.#place}`);
  }
}
