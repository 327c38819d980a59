// A verification of files that the browser holds: it runs in the worker, and reads each file piece by piece.
import { type Evidence, MAX_NOTE_BYTES, MAX_TRUST_BYTES, Refused, type Source, Unreadable, Unsupported, verify } from "@/verifier";

import type { Answered, Asked, Given } from "./protocol";
import { STRINGS } from "./strings";

/** How often the page hears of progress: it has to draw each time. */
const PROGRESS_MS = 100;

export async function judge({ given, trust }: Asked, answered: Answered): Promise<void> {
  let last = 0;
  try {
    const report = await verify(await evidence(given), await start(trust, MAX_TRUST_BYTES), {
      subject: named(given),
      noted: (check) => {
        answered({ type: "check", check });
      },
      progress: (done, all) => {
        const now = performance.now();
        if (now - last < PROGRESS_MS && done < all) return;
        last = now;
        answered({ type: "progress", done, all });
      },
    });
    answered({ type: "report", report });
  } catch (error) {
    answered({ type: "impossible", ...impossible(error) });
  }
}

function impossible(error: unknown): { title: string; why: string } {
  if (error instanceof Refused) return { title: STRINGS.trustRefused, why: error.message };
  if (error instanceof Unreadable) return { title: STRINGS.unreadable, why: error.message };
  if (error instanceof Unsupported) return { title: STRINGS.unsupported, why: error.message };
  return { title: STRINGS.fault, why: error instanceof Error ? error.message : String(error) };
}

async function evidence(given: Given): Promise<Evidence> {
  switch (given.kind) {
    case "pack":
      return { kind: "pack", pack: source(given.pack), decisions: given.decisions.map(source) };
    case "log":
      return { kind: "log", files: sources(given.files), known: await Promise.all(given.known.map((file) => start(file, MAX_NOTE_BYTES))) };
    case "event":
      return { kind: "event", files: sources(given.files), index: given.index };
    case "events":
      return { kind: "events", lines: source(given.lines) };
  }
}

function named(given: Given): string {
  if (given.kind === "pack") return `pack ${given.pack.name}`;
  return given.kind === "events" ? `events ${given.lines.name}` : given.kind;
}

const sources = (files: ReadonlyMap<string, File>) => () =>
  new Map([...files].map(([path, file]): [string, Source] => [path, source(file)]));

function source(file: File): Source {
  return { size: file.size, read: (begin, end) => bytes(file.slice(begin, end)) };
}

const start = (file: File, most: number) => bytes(file.slice(0, most));

async function bytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error));
  }
}
