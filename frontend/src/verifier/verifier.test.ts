import { describe, expect, it, vi } from "vitest";

import { type Bytes, utf8, utf8Escaped } from "./bytes";
import { People } from "./people";
import { QuorumPolicies } from "./quorum-policy";

describe("what grows with a log", () => {
  it("is kept in place, and not copied for each event", () => {
    const people = new People();
    people.change("dana", "director", 0, true);
    const [changes] = people.roles.values();
    people.change("dana", "director", 1, false);
    expect([...people.roles.values()]).toEqual([[[0, true], [1, false]]]);
    expect([...people.roles.values()][0]).toBe(changes);

    const policies = new QuorumPolicies();
    policies.add("ledger", { index: 0, moment: 0n, tiers: null });
    const [standings] = policies.standings.values();
    policies.add("ledger", { index: 1, moment: 1n, tiers: null });
    expect(standings).toHaveLength(2);
    expect(policies.standings.get("ledger")).toBe(standings);
  });
});

describe("bytes that are no UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** What the browser itself takes for one character at the beginning; 0 where it takes nothing. */
  const taken = (data: Bytes): number =>
    [1, 2, 3, 4].find((length) => {
      if (length > data.length) return false;
      try {
        return strict.decode(data.subarray(0, length)) !== "";
      } catch {
        return false;
      }
    }) ?? 0;
  const expected = (data: Bytes): string => {
    let text = "";
    for (let at = 0; at < data.length; ) {
      const length = taken(data.subarray(at));
      text += length === 0 ? String.fromCharCode(0xdc00 + (data[at] ?? 0)) : strict.decode(data.subarray(at, at + length));
      at += length || 1;
    }
    return text;
  };

  it("become lone surrogates one by one, at every edge of the encoding", () => {
    const firsts = [0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
    const edges = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xe2, 0xff];
    for (const first of firsts) {
      for (const second of edges) {
        for (const third of edges) {
          const data = Uint8Array.of(first, second, third, 0xbf);
          expect(utf8Escaped(data), String(data)).toBe(expected(data));
        }
      }
    }
  });

  it("are read once, however many there are", () => {
    const decode = vi.spyOn(TextDecoder.prototype, "decode");
    expect(utf8Escaped(Uint8Array.from([...utf8("é"), ...new Uint8Array(20_000).fill(0x80), ...utf8("ö")]))).toHaveLength(20_002);
    expect(decode.mock.calls.length).toBeLessThan(5);
  });
});
