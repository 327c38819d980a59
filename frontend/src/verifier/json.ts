// Canonical JSON (RFC 8785) over a safe subset, and a strict reader: objects, arrays, strings of Unicode scalar values,
// booleans, null, integers within +-(2^53 - 1). Objects are Maps, so that no key has a meaning of its own.
import { type Bytes, cut, utf8, utf8Decode } from "./bytes";
import { Refused } from "./errors";
import { digestBytes } from "./hash";

export type Json = null | boolean | number | string | Json[] | Map<string, Json>;
export type JsonObject = Map<string, Json>;

export interface Limits {
  maxDepth?: number;
  maxBytes?: number;
  maxValues?: number;
}

export const MAX_DEPTH = 64;
export const MAX_BYTES = 16 * 1024 * 1024;
export const MAX_VALUES = 500_000; // a few bytes of JSON can cost a reader hundreds in memory
const MAX_INTEGER_DIGITS = 17; // a sign and the 16 digits of 2^53
// What a reader follows at all; what is nested deeper than `maxDepth` is refused once it was read.
const MAX_NESTING = 900;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex -- a control character in a string is what ends it
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX = /[0-9a-fA-F]{4}/y;
const BLANK = /[ \t\n\r]*/y;
const LONE = /\p{Surrogate}/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CONSTANTS = ["NaN", "Infinity", "-Infinity"];
const WORDS: readonly [string, Json][] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

class Reader {
  private readonly text: string;
  private readonly duplicates: boolean;
  private at = 0;
  private depth = 0;
  deepest = 0;
  lone = false;

  constructor(text: string, duplicates: boolean) {
    this.text = text;
    this.duplicates = duplicates;
  }

  whole(): Json {
    this.skip();
    const value = this.value();
    this.skip();
    if (this.at !== this.text.length) throw this.syntax();
    return value;
  }

  private value(): Json {
    switch (this.text.charCodeAt(this.at)) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT: {
        this.deeper();
        const value = this.object();
        this.depth -= 1;
        return value;
      }
      case OPEN_ARRAY: {
        this.deeper();
        const value = this.array();
        this.depth -= 1;
        return value;
      }
      default:
        return this.scalar();
    }
  }

  private deeper(): void {
    this.depth += 1;
    if (this.depth > MAX_NESTING) throw new Refused("json.depth", "JSON is nested too deeply");
    this.deepest = Math.max(this.deepest, this.depth);
  }

  private scalar(): Json {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const constant = CONSTANTS.find((word) => this.text.startsWith(word, this.at));
    if (constant !== undefined) throw new Refused("json.constant", `${constant} is not JSON`);
    return this.number();
  }

  private object(): JsonObject {
    const result: JsonObject = new Map();
    let twice: string | undefined;
    this.at += 1;
    this.skip();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return result;
    }
    for (;;) {
      if (this.text[this.at] !== '"') throw this.syntax();
      const key = this.string();
      this.skip();
      if (this.text[this.at] !== ":") throw this.syntax();
      this.at += 1;
      this.skip();
      const value = this.value();
      if (result.has(key)) twice ??= key;
      result.set(key, value);
      if (this.ends("}")) break;
    }
    if (this.duplicates && twice !== undefined) {
      throw new Refused("json.duplicate", `the key ${JSON.stringify(cut(twice, 80))} occurs twice in one object`);
    }
    return result;
  }

  private array(): Json[] {
    const result: Json[] = [];
    this.at += 1;
    this.skip();
    if (this.text[this.at] === "]") {
      this.at += 1;
      return result;
    }
    do result.push(this.value());
    while (!this.ends("]"));
    return result;
  }

  /** Whether the object or array ends here; else behind the comma comes one more. */
  private ends(close: string): boolean {
    this.skip();
    const mark = this.text[this.at];
    if (mark !== "," && mark !== close) throw this.syntax();
    this.at += 1;
    if (mark === close) return true;
    this.skip();
    return false;
  }

  private string(): string {
    this.at += 1;
    let result = this.match(PLAIN);
    if (this.text.charCodeAt(this.at) === BACKSLASH) {
      while (this.text.charCodeAt(this.at) === BACKSLASH) {
        this.at += 1;
        result += this.escape() + this.match(PLAIN);
      }
      // Only an escape can bring a lone surrogate into UTF-8.
      if (LONE.test(result)) this.lone = true;
    }
    if (this.text.charCodeAt(this.at) !== QUOTE) throw this.syntax();
    this.at += 1;
    return result;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? "";
    this.at += 1;
    if (letter !== "u") {
      const meant = ESCAPES[letter];
      if (meant === undefined) throw this.syntax();
      return meant;
    }
    const digits = this.match(HEX);
    if (digits === "") throw this.syntax();
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) throw this.syntax();
    const [digits, fraction, exponent] = found;
    if (fraction !== undefined || exponent !== undefined) {
      throw new Refused("json.float", `the number ${digits.slice(0, 20)} is not an integer`);
    }
    const value = Number(digits);
    if (digits.length > MAX_INTEGER_DIGITS || !Number.isSafeInteger(value)) {
      throw new Refused("json.integer", `the integer ${digits.slice(0, 20)} lies outside +-(2^53 - 1)`);
    }
    this.at += digits.length;
    return value === 0 ? 0 : value; // there is no minus zero
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  private skip(): void {
    const unit = this.text.charCodeAt(this.at);
    if (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) this.match(BLANK);
  }

  private syntax(): Refused {
    return new Refused("json.syntax", `not JSON at character ${this.at}`);
  }
}

/** Read JSON, refusing everything that two readers could understand differently. */
export function strictLoads(data: Bytes, limits: Limits = {}): Json {
  return strictRead(textOf(data, limits), limits);
}

function strictRead(text: string, limits: Limits): Json {
  const reader = new Reader(text, true);
  const value = reader.whole();
  depthCheck(reader, limits);
  if (reader.lone) throw new Refused("json.surrogate", "a string holds a lone surrogate");
  return value;
}

/** Read JSON that must already be in its canonical form, to the byte. */
export function canonicalLoads(data: Bytes, limits: Limits = {}): Json {
  const text = textOf(data, limits);
  if (!/[\ud800-\uffff]/.test(text)) {
    const reader = new Reader(text, false);
    const value = reader.whole();
    depthCheck(reader, limits);
    // A text that its own value encodes to again holds no duplicate key and nothing unsorted.
    if (!reader.lone && encode(value) === text) return value;
  }
  const value = strictRead(text, limits);
  if (encode(value) !== text) {
    throw new Refused("json.canonical", "the JSON is not in canonical form (RFC 8785)");
  }
  return value;
}

/** Read canonical JSON whose top level is an object. */
export function canonicalObject(data: Bytes, limits: Limits = {}): JsonObject {
  const value = canonicalLoads(data, limits);
  if (!(value instanceof Map)) throw new Refused("json.object", "the JSON is not an object");
  return value;
}

/** Encode a value as RFC 8785 canonical JSON. */
export function canonicalText(value: Json, maxDepth = MAX_DEPTH): string {
  plainCheck(value, maxDepth);
  return encode(value);
}

export function canonicalBytes(value: Json): Bytes {
  return utf8(canonicalText(value));
}

/** Name a JSON value by the digest of its canonical bytes. */
export function digestOf(value: Json): string {
  return digestBytes(canonicalBytes(value));
}

/** Whether two values are the same to the byte. */
export function jsonSame(one: Json, other: Json): boolean {
  return canonicalText(one) === canonicalText(other);
}

export function objectOf(fields: Readonly<Record<string, Json>>): JsonObject {
  return new Map(Object.entries(fields));
}

function plainCheck(value: Json, depth: number): void {
  if (typeof value === "string") {
    if (LONE.test(value)) throw new Refused("json.surrogate", "a string holds a lone surrogate");
  } else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Refused("json.integer", "a number is no integer within +-(2^53 - 1)");
  } else if (typeof value === "object" && value !== null) {
    if (depth <= 0) throw new Refused("json.depth", "the value is nested too deeply");
    if (value instanceof Map) {
      for (const [key, item] of value) {
        plainCheck(key, 1);
        plainCheck(item, depth - 1);
      }
    } else for (const item of value) plainCheck(item, depth - 1);
  }
}

function encode(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(",")}]`;
  if (value instanceof Map) {
    // JavaScript sorts by UTF-16 units, as RFC 8785 does.
    let text = "";
    for (const key of [...value.keys()].sort()) {
      text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${encode(value.get(key) ?? null)}`;
    }
    return `{${text}}`;
  }
  return JSON.stringify(value);
}

function textOf(data: Bytes, { maxBytes = MAX_BYTES, maxValues = MAX_VALUES }: Limits): string {
  if (data.length > maxBytes) throw new Refused("json.size", `JSON of ${data.length} bytes is larger than ${maxBytes}`);
  if (data.length > maxValues && marks(data) > maxValues) {
    throw new Refused("json.values", `JSON of more than ${maxValues} values`);
  }
  const text = utf8Decode(data);
  if (text === undefined) throw new Refused("json.utf8", "the text is not UTF-8");
  return text;
}

/** How often the bytes `,`, `[` and `{` occur. */
function marks(data: Bytes): number {
  let count = 0;
  for (const byte of data) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count += 1;
  return count;
}

function depthCheck(reader: Reader, { maxDepth = MAX_DEPTH }: Limits): void {
  if (reader.deepest > maxDepth) throw new Refused("json.depth", `JSON is nested deeper than ${maxDepth}`);
}
