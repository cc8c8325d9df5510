export interface Fault {
  readonly code: 'PAYLOAD_INVALID' | 'PAYLOAD_TOO_DEEP';
  readonly detail: string;
  readonly position: number;
}

/**
 * Reads a text by the grammar of RFC 8259 plus the rules of `parseStrictJson` and names the first thing that is wrong, or
 * undefined. Slow and plain: it runs on refused texts only, and is the reference that the fast reading is tested against.
 * Details never quote the text: it may hold what must not be logged.
 */
export function findFault(text: string, maxDepth: number): Fault | undefined {
  try {
    const reader = new Reader(text, maxDepth);
    reader.value(0);
    reader.end();
    return undefined;
  } catch (found) {
    if (found instanceof Found) return found.fault;
    throw found;
  }
}

class Found extends Error {
  readonly fault: Fault;

  constructor(code: Fault['code'], detail: string, position: number) {
    super(detail);
    this.fault = { code, detail, position };
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS = ['true', 'false', 'null'];

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  /** Reads one value and returns its keys where it is an object: what `constructor` must not hold is asked of them. */
  value(depth: number): ReadonlySet<string> | undefined {
    this.#space();
    const start = this.#at;
    const first = this.#text[start];
    if (first === '{' || first === '[') {
      if (depth >= this.#maxDepth) {
        throw new Found('PAYLOAD_TOO_DEEP', `nested deeper than ${this.#maxDepth} levels`, start);
      }
      this.#at += 1;
      if (first === '{') return this.#members(depth + 1);
      this.#items(depth + 1);
    } else if (first === '"') {
      this.#string();
    } else if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) {
      this.#number();
    } else {
      const literal = LITERALS.find((word) => this.#text.startsWith(word, start));
      if (literal === undefined) throw this.#syntax();
      this.#at += literal.length;
    }
    return undefined;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#syntax();
  }

  #members(depth: number): ReadonlySet<string> {
    const keys = new Set<string>();
    this.#space();
    if (this.#take('}')) return keys;
    do {
      this.#space();
      const start = this.#at;
      const key = this.#string();
      if (keys.has(key)) throw new Found('PAYLOAD_INVALID', 'duplicate key', start);
      if (key === '__proto__') throw new Found('PAYLOAD_INVALID', 'the key __proto__ is not allowed', start);
      keys.add(key);
      this.#space();
      if (!this.#take(':')) throw this.#syntax();
      const inner = this.value(depth);
      if (key === 'constructor' && inner?.has('prototype')) {
        throw new Found('PAYLOAD_INVALID', 'the key constructor.prototype is not allowed', start);
      }
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#syntax();
    return keys;
  }

  #items(depth: number): void {
    this.#space();
    if (this.#take(']')) return;
    do {
      this.value(depth);
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#syntax();
  }

  #string(): string {
    const start = this.#at;
    if (!this.#take('"')) throw this.#syntax();
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(unit) || unit < 0x20) throw this.#syntax();
      if (unit === 0x22) break;
      if (unit !== 0x5c) {
        this.#at += 1;
        continue;
      }
      ESCAPE.lastIndex = this.#at;
      if (!ESCAPE.test(this.#text)) throw this.#syntax();
      this.#at = ESCAPE.lastIndex;
    }
    this.#at += 1;
    const value = JSON.parse(this.#text.slice(start, this.#at)) as string;
    if (!value.isWellFormed()) throw new Found('PAYLOAD_INVALID', 'a string holds a lone surrogate', start);
    return value;
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#syntax();
    if (!Number.isFinite(Number(digits))) throw new Found('PAYLOAD_INVALID', 'a number is too large', this.#at);
    this.#at += digits.length;
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #take(wanted: string): boolean {
    if (this.#text[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #syntax(): Found {
    const detail = this.#at >= this.#text.length ? 'the JSON ends too early' : 'not valid JSON';
    return new Found('PAYLOAD_INVALID', detail, Math.min(this.#at, this.#text.length));
  }
}
