import { Button, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { Notice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import { Status } from "@/components/status";
import { formatBytes, formatNumber, plural } from "@/lib/format";

import { begin } from "./begin";
import { type Files, type Known, recognise } from "./files";
import { Drop } from "./pick";
import type { Begin, Given } from "./protocol";
import { Picture, ReportView } from "./report-view";
import { STRINGS } from "./strings";
import { useVerification, type Verification } from "./use-verification";
import classes from "./verify.module.css";

/** Open to everybody: whoever checks the platform needs no account on it. */
export function VerifyPage() {
  return (
    <main className={classes["screen"]}>
      <div className={classes["top"]}>
        <Link to="/inbox" className={classes["brand"]}>
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" />
          Countersign
        </Link>
      </div>
      <Page title={STRINGS.title}>
        <Lead>{STRINGS.lead}</Lead>
        {window.isSecureContext ? (
          <Verifying begin={begin} />
        ) : (
          <Notice tone="fail" title={STRINGS.insecure}>
            <p>{STRINGS.insecureNext}</p>
          </Notice>
        )}
      </Page>
    </main>
  );
}

export function Verifying({ begin: how }: { begin: Begin }) {
  const [evidence, setEvidence] = useState<Known | null>(null);
  const [trust, setTrust] = useState<File | null>(null);
  const [known, setKnown] = useState<readonly File[]>([]);
  const [place, setPlace] = useState("");
  const { verification, start, leave } = useVerification(how);
  const given = givenOf(evidence, known, place);
  const running = verification.state === "running";
  /** What is shown is about what was chosen: another choice ends it. */
  const chosen =
    <T,>(change: (value: T) => void) =>
    (value: T) => {
      change(value);
      leave("idle");
    };
  const takeEvidence = chosen((files: Files) => {
    setEvidence(recognise(files));
  });
  const takeTrust = chosen((files: Files) => {
    setTrust(firstOf(files));
  });
  const takeKnown = chosen((files: Files) => {
    setKnown([...files.values()]);
  });
  const takePlace = chosen(setPlace);
  return (
    <>
      <div className={classes["drops"]}>
        <Drop
          title={STRINGS.evidence}
          help={STRINGS.evidenceHelp}
          said={evidence !== null && <Recognised evidence={evidence} />}
          choices={[
            { label: STRINGS.chooseFiles, many: true },
            { label: STRINGS.chooseDirectory, directory: true },
          ]}
          onFiles={takeEvidence}
        />
        <Drop
          title={STRINGS.trust}
          help={STRINGS.trustHelp}
          said={trust !== null && <div className={classes["name"]}>{trust.name}</div>}
          choices={[{ label: STRINGS.chooseTrust, accept: ".json" }]}
          onFiles={takeTrust}
        />
      </div>
      {evidence?.kind === "log" && (
        <details className={classes["more"]}>
          <summary>{STRINGS.more}</summary>
          <div className={classes["drops"]}>
            <Drop
              title={STRINGS.known}
              help={STRINGS.knownHelp}
              said={known.length > 0 && plural(known.length, "checkpoint", "checkpoints")}
              choices={[{ label: STRINGS.chooseKnown, many: true }]}
              onFiles={takeKnown}
            />
            <TextInput
              label={STRINGS.event}
              description={STRINGS.eventHelp}
              inputMode="numeric"
              value={place}
              error={placeOf(place) === null ? STRINGS.eventWrong : undefined}
              onChange={(event) => {
                takePlace(event.currentTarget.value);
              }}
            />
          </div>
        </details>
      )}
      <div className={classes["buttons"]}>
        <Button
          disabled={given === null || trust === null || running}
          onClick={() => {
            if (given !== null && trust !== null) start({ given, trust });
          }}
        >
          {STRINGS.verify}
        </Button>
        {running && (
          <Button variant="default" onClick={() => {
              leave("stopped");
            }}>
            {STRINGS.stop}
          </Button>
        )}
      </div>
      <div className={classes["result"]}>
        <Result verification={verification} />
      </div>
    </>
  );
}

function Recognised({ evidence }: { evidence: Known }) {
  if (evidence.kind === "none") return <Status tone="fail" label={evidence.why} bare />;
  const { label, size } = described(evidence);
  return (
    <>
      <div className={classes["name"]}>{evidence.name}</div>
      <div className={classes["quiet"]}>
        {label}, {formatBytes(size)}
      </div>
    </>
  );
}

function described(evidence: Exclude<Known, { kind: "none" }>): { label: string; size: number } {
  switch (evidence.kind) {
    case "log": {
      const size = [...evidence.files.values()].reduce((sum, file) => sum + file.size, 0);
      return { label: `exported log of ${plural(evidence.files.size, "file", "files")}`, size };
    }
    case "pack":
      return { label: `evidence pack with ${plural(evidence.decisions.length, "decision", "decisions")}`, size: evidence.pack.size };
    case "events":
      return { label: "found events", size: evidence.lines.size };
  }
}

function Result({ verification }: { verification: Verification }) {
  switch (verification.state) {
    case "idle":
      return null;
    case "stopped":
      return <Notice tone="wait" title={STRINGS.stopped} />;
    case "impossible":
      return (
        <Notice tone="fail" title={verification.title}>
          <p>{verification.why}</p>
        </Notice>
      );
    case "running":
      return <Running {...verification} />;
    case "done":
      return <ReportView report={verification.report} />;
  }
}

function Running({ checks, progress }: Extract<Verification, { state: "running" }>) {
  const [done, all] = progress ?? [0, 0];
  const checking = `${STRINGS.checking}…`;
  return (
    <Section title={STRINGS.checking}>
      {/* The number changes ten times a second: who hears it is told each quarter. */}
      <p aria-hidden="true">{progress === null ? checking : `${STRINGS.reading} ${formatNumber(done)} of ${plural(all, "event", "events")}`}</p>
      <p role="status" className="visually-hidden">
        {progress === null ? checking : STRINGS.readingPart(25 * Math.floor((4 * done) / Math.max(all, 1)))}
      </p>
      <progress className={classes["progress"]} aria-label={STRINGS.reading} {...(progress === null ? {} : { value: done, max: all })} />
      <Picture checks={checks} />
    </Section>
  );
}

const firstOf = (files: Files): File | null => [...files.values()][0] ?? null;

/** The place that was typed, none where nothing was, null where it is no number. */
function placeOf(text: string): number | undefined | null {
  if (text.trim() === "") return undefined;
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

function givenOf(evidence: Known | null, known: readonly File[], text: string): Given | null {
  if (evidence === null || evidence.kind === "none") return null;
  if (evidence.kind !== "log") return evidence;
  const place = placeOf(text);
  if (place === null) return null;
  return place === undefined ? { ...evidence, known } : { kind: "event", files: evidence.files, index: place };
}
