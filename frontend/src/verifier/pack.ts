// Evidence packs, read without trusting them. The digest of a pack is the SHA-256 of its manifest; the statements inside
// name the digest of its content, which is the manifest without the members under `attestations/`.
import { type Bytes, compare } from "./bytes";
import {
  fileSize,
  manifestRead,
  MAX_MANIFEST_BYTES,
  MAX_MEMBER_BYTES,
  MAX_MEMBERS,
  type Measure,
  membersRead,
  pathsCheck,
  sizeCheck,
} from "./container";
import { digestCheck, flag, given, integer, isObject, keysExact, list, object, text, texts } from "./encoding";
import { Refused } from "./errors";
import { digestBytes } from "./hash";
import { canonicalObject, digestOf, type Json, type JsonObject, objectOf } from "./json";
import { type Source, Stream } from "./source";
import {
  ATTESTATIONS,
  FIELDS,
  FIELDS_ALWAYS,
  PACK_FORMAT,
  REQUIRED_MEMBERS,
  SUBJECT_INTEGERS,
  SUBJECT_LISTS,
  SUBJECT_TEXTS,
} from "./vocabulary";

const MAX_JSON_MEMBER = 16 * 1024 * 1024;
const MANIFEST_FIELDS = new Set(["format", "subject", "fields", "members"]);
const MEMBER_FIELDS = new Set(["path", "sha256", "size", "media_type"]);
const SUBJECT = "the subject of the pack";
const MARK = new TextEncoder().encode('"sha256":');

/** One member of a pack that was read and whose hash holds. */
export interface PackMember {
  readonly digest: string;
  readonly size: number;
  readonly offset: number;
}

/** A pack of which every byte was checked against its manifest. */
export class Pack {
  readonly digest: string;
  readonly contentDigest: string;
  readonly subject: JsonObject;
  readonly members: ReadonlyMap<string, PackMember>;
  private readonly source: Source;

  constructor(source: Source, manifest: Bytes, data: JsonObject, members: ReadonlyMap<string, PackMember>) {
    this.source = source;
    this.members = members;
    this.digest = digestBytes(manifest);
    this.subject = object(data, "subject", "the manifest");
    const content = list(data, "members", "the manifest").filter(
      (entry) => !(isObject(entry) && text(entry, "path", "an entry of the manifest").startsWith(ATTESTATIONS)),
    );
    const fields = object(data, "fields", "the manifest");
    this.contentDigest = digestOf(objectOf({ format: PACK_FORMAT, subject: this.subject, fields, members: content }));
  }

  /** The bytes of a member, read when asked for, and checked again. */
  async read(path: string, limit = MAX_JSON_MEMBER): Promise<Bytes> {
    const member = this.members.get(path);
    if (member === undefined) throw new Refused("pack.absent", `the pack has no member ${path}`);
    if (member.size > limit) throw new Refused("pack.size", `the member ${path} is larger than ${limit} bytes`);
    const data = await this.source.read(member.offset, member.offset + member.size);
    if (digestBytes(data) !== member.digest) throw new Refused("pack.moved", `the member ${path} changed while it was read`);
    return data;
  }

  /** A field of the subject that is text. */
  text(name: string): string {
    return text(this.subject, name, SUBJECT);
  }
}

/** Read a pack, checking every byte of it against its manifest, in flat memory. */
export async function packRead(source: Source): Promise<Pack> {
  const stream = new Stream(source);
  const manifest = await manifestRead(stream);
  const [data, listed] = manifestCheck(manifest);
  sizeCheck(source, fileSize([manifest.length, ...[...listed.values()].map(({ size }) => size)]));
  const offsets = await membersRead(stream, listed);
  const members = [...listed].map(([path, { size, sha256 }]): [string, PackMember] => [
    path,
    { digest: `sha256:${sha256}`, size, offset: offsets.get(path) ?? 0 },
  ]);
  return new Pack(source, manifest, data, new Map(members));
}

/** Check a manifest by itself. */
function manifestCheck(manifest: Bytes): [JsonObject, Map<string, Measure>] {
  if (marksOver(manifest, MAX_MEMBERS)) {
    throw new Refused("pack.members", `the manifest lists more than ${MAX_MEMBERS} members`);
  }
  const data = canonicalObject(manifest, { maxBytes: MAX_MANIFEST_BYTES });
  keysExact(data, MANIFEST_FIELDS, "the manifest");
  if (given(data, "format") !== PACK_FORMAT) {
    throw new Refused("pack.format", `the manifest is not of the format ${PACK_FORMAT}`);
  }
  const listed = new Map<string, Measure>();
  const paths: string[] = [];
  for (const item of list(data, "members", "the manifest")) {
    const [path, measure] = entryRead(item);
    paths.push(path);
    listed.set(path, measure);
  }
  pathsCheck(paths);
  const missing = REQUIRED_MEMBERS.filter((path) => !listed.has(path));
  if (missing.length > 0) throw new Refused("pack.incomplete", `the pack lacks ${missing.join(", ")}`);
  subjectCheck(object(data, "subject", "the manifest"));
  fieldsCheck(object(data, "fields", "the manifest"), listed);
  return [data, listed];
}

function entryRead(item: Json): [string, Measure] {
  if (!isObject(item)) throw new Refused("pack.manifest", "an entry of the manifest is not an object");
  keysExact(item, MEMBER_FIELDS, "an entry of the manifest");
  const path = text(item, "path", "an entry of the manifest");
  const size = integer(item, "size", `the entry ${path}`);
  const sha256 = text(item, "sha256", `the entry ${path}`);
  digestCheck(`sha256:${sha256}`, `the hash of ${path}`);
  if (size < 0 || size > MAX_MEMBER_BYTES) throw new Refused("pack.size", `the member ${path} has an impossible size`);
  text(item, "media_type", `the entry ${path}`);
  return [path, { size, sha256 }];
}

function subjectCheck(subject: JsonObject): void {
  // More may be said about the subject: it is covered by every signature, and nothing relies on it.
  for (const name of SUBJECT_TEXTS) {
    if (text(subject, name, SUBJECT) === "") throw new Refused("pack.subject", `${name} of the pack's subject is empty`);
  }
  for (const name of SUBJECT_INTEGERS) integer(subject, name, SUBJECT);
  for (const name of SUBJECT_LISTS) {
    if (sortedTexts(list(subject, name, SUBJECT)) === undefined) {
      throw new Refused("pack.subject", `${name} of the pack's subject is not a sorted list of ids`);
    }
  }
}

/** The items of a list that are all text, different and sorted; else undefined. */
export function sortedTexts(items: readonly Json[]): string[] | undefined {
  const found = texts(items);
  const inOrder = found?.every((item, at) => at === 0 || compare(found[at - 1] ?? "", item) < 0);
  return inOrder === true ? found : undefined;
}

/** Every question is answered: with members, or with the reason why it does not apply. */
function fieldsCheck(fields: JsonObject, members: ReadonlyMap<string, unknown>): void {
  keysExact(fields, new Set(FIELDS), "'fields' of the pack");
  for (const name of FIELDS) {
    const answer = object(fields, name, "'fields' of the pack");
    const where = `the field ${name}`;
    if (flag(answer, "applies", where)) {
      const named = list(answer, "members", where);
      if (named.length === 0 || named.some((path) => typeof path !== "string" || !members.has(path))) {
        throw new Refused("pack.field", `${where} names members that are not there`);
      }
    } else if (FIELDS_ALWAYS.has(name)) throw new Refused("pack.field", `${where} applies to every change`);
    else if (blank(text(answer, "reason", where))) {
      throw new Refused("pack.field", `${where} does not say why it does not apply`);
    }
  }
}

function blank(reason: string): boolean {
  // eslint-disable-next-line no-control-regex -- the separators of ASCII are white space too
  return /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/.test(reason);
}

/** Whether more members than these are listed, before objects are made of them. */
function marksOver(manifest: Bytes, most: number): boolean {
  let count = 0;
  for (let at = manifest.indexOf(0x22); at >= 0 && count <= most; at = manifest.indexOf(0x22, at)) {
    const found = MARK.every((byte, offset) => manifest[at + offset] === byte);
    if (found) count += 1;
    at += found ? MARK.length : 1;
  }
  return count > most;
}
