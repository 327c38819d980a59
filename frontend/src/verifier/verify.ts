// One verification from its beginning to its report, as the page and the test of both verifiers ask for it.
import type { Bytes } from "./bytes";
import { eventsVerify, eventVerify } from "./log-inclusion";
import { logVerify } from "./log-verify";
import type { Progress } from "./log-walk";
import { decisionsVerify, packVerify } from "./pack-verify";
import { type Check, Report, type ReportData } from "./report";
import type { Source } from "./source";
import { type Trust, trustDescribe, trustRead } from "./trust";

type Sources = () => ReadonlyMap<string, Source>;

/** What is to be verified. */
export type Evidence =
  | { readonly kind: "pack"; readonly pack: Source; readonly decisions: readonly Source[] }
  | { readonly kind: "log"; readonly files: Sources; readonly known: readonly Bytes[] }
  | { readonly kind: "event"; readonly files: Sources; readonly index: number }
  | { readonly kind: "events"; readonly lines: Source };

export interface Told {
  readonly subject?: string;
  readonly noted?: (check: Check) => void;
  readonly progress?: Progress;
}

/** Verify by a trust file; what is no trust file is thrown as refused. */
export async function verify(evidence: Evidence, trustFile: Bytes, told: Told = {}): Promise<ReportData> {
  const trust = trustRead(trustFile);
  const report = new Report(told.subject, trustDescribe(trust), told.noted);
  await judge(evidence, trust, report, told.progress);
  return report.data();
}

async function judge(evidence: Evidence, trust: Trust, report: Report, progress: Progress | undefined): Promise<void> {
  switch (evidence.kind) {
    case "pack": {
      const verified = await packVerify(evidence.pack, trust, report);
      if (verified === undefined) report.notCovered("decision", "not reached: an earlier check failed");
      else await decisionsVerify(verified, evidence.decisions, trust, report);
      return;
    }
    case "log": {
      const options = progress === undefined ? {} : { progress };
      return logVerify(evidence.files, trust, report, { known: evidence.known, ...options });
    }
    case "event":
      return eventVerify(evidence.files, evidence.index, trust, report);
    case "events":
      return eventsVerify(evidence.lines, trust, report);
  }
}

