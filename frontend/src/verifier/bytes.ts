export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
// A byte order mark is kept: it is text that does not belong there.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes, or undefined where they are none. */
export function utf8Decode(data: Bytes): string | undefined {
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}

/** The text of bytes; one that is no UTF-8 becomes a lone surrogate, so that no two texts read alike. */
export function utf8Escaped(data: Bytes): string {
  const whole = utf8Decode(data);
  if (whole !== undefined) return whole;
  const parts: string[] = [];
  let sound = 0;
  for (let at = 0; at < data.length; ) {
    const length = sequence(data, at);
    if (length === 0) {
      if (sound < at) parts.push(utf8Decode(data.subarray(sound, at)) ?? "");
      parts.push(String.fromCharCode(0xdc00 + (data[at] ?? 0)));
      sound = at + 1;
    }
    at += length || 1;
  }
  parts.push(utf8Decode(data.subarray(sound)) ?? "");
  return parts.join("");
}

/** How many bytes the character takes that begins here; 0 where none does (Unicode, table 3-7). */
function sequence(data: Bytes, at: number): number {
  const first = data[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let next = 1; next < length; next += 1) {
    const byte = data[at + next] ?? 0;
    if (byte < (next === 1 ? low : 0x80) || byte > (next === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/** The text of bytes of which each is one character; what is no ASCII is not told apart. */
export function ascii(data: Bytes): string {
  let text = "";
  for (const byte of data) text += byte < 0x80 ? String.fromCharCode(byte) : "\ufffd";
  return text;
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return joined(parts);
}

/** Many parts as one. */
export function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function isZero(data: Bytes): boolean {
  return data.every((byte) => byte === 0);
}

export function hex(data: Bytes): string {
  let text = "";
  for (const byte of data) text += byte.toString(16).padStart(2, "0");
  return text;
}

export function unhex(text: string): Bytes {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function base64(data: Bytes): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The unsigned number that these bytes are, first byte first. */
export function number(data: Bytes): number {
  return data.reduce((value, byte) => value * 256 + byte, 0);
}

/** Order by Unicode scalar values, which is that of UTF-8 bytes; JavaScript's own is by UTF-16 units. */
export function compare(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** Surrogates stand for what lies above every other unit. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export function compareBytes(one: Bytes, other: Bytes): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** The first characters of a text, as many as these. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : Array.from(text).slice(0, length).join("");
}

/** The text without any of these characters at its end. */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
