// What the page and its worker say to each other.
import type { Check, ReportData } from "@/verifier";

/** What was given to be verified, as files of the browser's. */
export type Given =
  | { readonly kind: "pack"; readonly pack: File; readonly decisions: readonly File[] }
  | { readonly kind: "log"; readonly files: ReadonlyMap<string, File>; readonly known: readonly File[] }
  | { readonly kind: "event"; readonly files: ReadonlyMap<string, File>; readonly index: number }
  | { readonly kind: "events"; readonly lines: File };

export interface Asked {
  readonly given: Given;
  readonly trust: File;
}

export type Answer =
  | { readonly type: "check"; readonly check: Check }
  | { readonly type: "progress"; readonly done: number; readonly all: number }
  | { readonly type: "report"; readonly report: ReportData }
  /** Nothing can be said: the trust file is none, a file went away, or this browser lacks something. */
  | { readonly type: "impossible"; readonly title: string; readonly why: string };

export type Answered = (answer: Answer) => void;
/** Begins a verification; gives what ends it early. */
export type Begin = (asked: Asked, answered: Answered) => () => void;
