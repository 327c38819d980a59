// Strict readers of the small encodings: base64, digests, typed fields of JSON.
import { base64, type Bytes } from "./bytes";
import { Refused } from "./errors";
import type { Json, JsonObject } from "./json";

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Read standard base64, refusing every second spelling of the same bytes. */
export function base64Decode(text: string): Bytes {
  const data = BASE64.test(text) && text.length % 4 === 0 ? decode(text) : undefined;
  if (data === undefined || base64(data) !== text) throw new Refused("encoding.base64", "a field is not canonical base64");
  return data;
}

/** Read base64url without padding, refusing every second spelling of the same bytes. */
export function base64urlDecode(text: string): Bytes {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  const data = BASE64.test(standard) && standard.length % 4 === 0 ? decode(standard) : undefined;
  if (data === undefined || base64url(data) !== text) {
    throw new Refused("encoding.base64url", "a field is not canonical base64url");
  }
  return data;
}

export function base64url(data: Bytes): string {
  return base64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Require a digest written `sha256:<64 lower-case hex>`. */
export function digestCheck(value: Json | undefined, what: string): string {
  if (typeof value !== "string" || !DIGEST.test(value)) {
    throw new Refused("encoding.digest", `${what} is not a sha256 digest`);
  }
  return value;
}

export function digestHex(digest: string): string {
  return digestCheck(digest, "the value").slice("sha256:".length);
}

function field<T extends Json>(
  data: JsonObject,
  name: string,
  where: string,
  kind: string,
  is: (value: Json) => value is T,
): T {
  const value = data.get(name);
  if (value === undefined) throw new Refused("field.missing", `${where} lacks ${name}`);
  if (!is(value)) throw new Refused("field.type", `${name} of ${where} is not ${kind}`);
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isCount(value: Json | undefined): value is number {
  return typeof value === "number";
}

export function text(data: JsonObject, name: string, where: string): string {
  return field(data, name, where, "text", (value) => typeof value === "string");
}

export function integer(data: JsonObject, name: string, where: string): number {
  return field(data, name, where, "an integer", isCount);
}

export function flag(data: JsonObject, name: string, where: string): boolean {
  return field(data, name, where, "true or false", (value) => typeof value === "boolean");
}

export function list(data: JsonObject, name: string, where: string): Json[] {
  return field(data, name, where, "a list", (value) => Array.isArray(value));
}

export function object(data: JsonObject, name: string, where: string): JsonObject {
  return field(data, name, where, "an object", isObject);
}

/** The value of a field that `keysExact` found to be there. */
export function given(data: JsonObject, name: string): Json {
  return data.get(name) ?? null;
}

/** Require exactly these keys: an unknown field is something nobody checked. */
export function keysExact(data: JsonObject, names: ReadonlySet<string>, where: string): void {
  const missing = [...names].filter((name) => !data.has(name));
  if (missing.length > 0) throw new Refused("field.missing", `${where} lacks ${missing.sort().join(", ")}`);
  const unknown = [...data.keys()].filter((name) => !names.has(name));
  if (unknown.length > 0) throw new Refused("field.unknown", `${where} has unknown fields: ${unknown.sort().join(", ")}`);
}

/** The items of a list that are all text, or undefined. */
export function texts(items: readonly Json[]): string[] | undefined {
  const found = items.filter((item) => typeof item === "string");
  return found.length === items.length ? found : undefined;
}

/** Whether a value says anything: neither null, false, zero nor empty. */
export function says(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Boolean(value);
}
