import { Button } from "@mantine/core";

import { Notice } from "@/components/notice";
import { Section } from "@/components/page";
import { Status, type Tone } from "@/components/status";
import { plural } from "@/lib/format";
import type { Check, ReportData } from "@/verifier";

import { type Stage, stagesOf } from "./stages";
import { HERE, STRINGS } from "./strings";
import classes from "./verify.module.css";

const PARTS: readonly (readonly [status: Check["status"], title: string, tone: Tone])[] = [
  ["failed", STRINGS.failed, "fail"],
  ["ok", STRINGS.proved, "pass"],
  ["not covered", STRINGS.open, "idle"],
];

export function ReportView({ report }: { report: ReportData }) {
  return (
    <>
      <Verdict report={report} />
      <Section title={STRINGS.picture} note={report.subject}>
        <Picture checks={report.checks} />
        <p className={`${classes["quiet"] ?? ""} ${classes["by"] ?? ""}`}>
          {STRINGS.by}: {report.trust}
        </p>
        <Button
          variant="default"
          onClick={() => {
            save(report);
          }}
        >
          {STRINGS.save}
        </Button>
      </Section>
      {PARTS.map(([status, title, tone]) => {
        const own = report.checks.filter((check) => check.status === status);
        if (own.length === 0) return null;
        return (
          <Section key={status} title={`${title} (${own.length})`} note={status === "not covered" ? STRINGS.openNote : undefined} flush>
            <Checks checks={own} tone={tone} />
          </Section>
        );
      })}
    </>
  );
}

/** The same JSON as `countersign-verify --json` prints. */
function save(report: ReportData): void {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "verification.json";
  link.click();
  URL.revokeObjectURL(address);
}

function Verdict({ report }: { report: ReportData }) {
  if (report.verdict === "ok") return <Notice tone="pass" title={STRINGS.holds} />;
  return (
    <Notice tone="fail" title={report.failed.length === 0 ? STRINGS.nothingChecked : STRINGS.fails(report.failed.length)}>
      <p>{STRINGS.failsNext}</p>
    </Notice>
  );
}

/** One thing resting on the other, and how far it carries. */
export function Picture({ checks }: { checks: readonly Check[] }) {
  return (
    <ol className={classes["picture"]}>
      {stagesOf(checks).map((stage) => (
        <li key={stage.title} className={classes["stage"]} data-tone={stage.tone}>
          <Status tone={stage.tone} label={stage.title} bare />
          <div className={classes["quiet"]}>{counted(stage)}</div>
        </li>
      ))}
    </ol>
  );
}

function counted({ counts }: Stage): string {
  const parts = [
    counts.failed > 0 ? plural(counts.failed, "failed", "failed") : "",
    counts.ok > 0 ? plural(counts.ok, "proved", "proved") : "",
    counts["not covered"] > 0 ? plural(counts["not covered"], "not covered", "not covered") : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function Checks({ checks, tone }: { checks: readonly Check[]; tone: Tone }) {
  return (
    <ul className={classes["checks"]}>
      {checks.map((check, index) => (
        <li key={index} className={classes["check"]}>
          <Status tone={tone} label={check.name} bare />
          <div className={classes["detail"]}>
            {detailHere(check)}
            {check.codes.length > 1 && <div className={classes["quiet"]}>{check.codes.join(", ")}</div>}
          </div>
        </li>
      ))}
    </ul>
  );
}

function detailHere({ name, status, detail }: Check): string {
  const here = status === "not covered" ? HERE[name] : undefined;
  return here === undefined ? detail : detail.replace(here[0], here[1]);
}
