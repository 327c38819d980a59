import { plural } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import classes from "./board.module.css";
import type { Deliverable, Phase, PlanFile, PlanNote } from "./queries";
import { STRINGS } from "./strings";

/** Who, how long, when, and what the plan's author says: facts of the plan, none of them evidence. */
export function PhaseFacts({ phase }: { phase: Phase }) {
  const dates = [phase.planned_start, phase.planned_end].filter((day) => day !== null);
  const facts = [
    phase.owner,
    phase.duration,
    dates.length > 0 ? `planned ${dates.join(" to ")}` : "",
    phase.stated_status !== "" ? `${STRINGS.stated} “${phase.stated_status}”` : "",
  ].filter(Boolean);
  if (facts.length === 0) return null;
  return <div className={classes["quiet"]}>{facts.join(" · ")}</div>;
}

/** What the plan says of a phase beside its deliverables: folded, for it is read once. */
export function PhaseDetails({ phase }: { phase: Phase }) {
  const { prerequisites, specification, files, decisions, notes } = phase;
  if (prerequisites.length + files.length + decisions.length + notes.length === 0 && specification === "") return null;
  return (
    <details className={classes["details"]}>
      <summary>{STRINGS.phaseDetails}</summary>
      {prerequisites.length > 0 && <p>Prerequisites: {prerequisites.join("; ")}</p>}
      {specification !== "" && <p>Specified in {specification}</p>}
      {decisions.map((decision) => (
        <div key={decision.question}>
          <p>{decision.question}</p>
          <ul>
            {decision.options.map((option) => (
              <li key={option.name}>
                {option.name}
                {option.text !== "" && `: ${option.text}`}
                {option.name === decision.documented && <span className={classes["quiet"]}> {STRINGS.documented}</span>}
              </li>
            ))}
          </ul>
        </div>
      ))}
      <Files files={files} />
      <Notes notes={notes} />
    </details>
  );
}

export function DeliverableDetails({ deliverable }: { deliverable: Deliverable }) {
  const { owner, condition, files, technical_notes: notes } = deliverable;
  const facts = [owner, condition].filter(Boolean);
  const size = [files.length > 0 ? plural(files.length, "file", "files") : "", notes !== "" ? STRINGS.technical : ""];
  return (
    <>
      {facts.length > 0 && <div className={classes["quiet"]}>{facts.join(" · ")}</div>}
      {(files.length > 0 || notes !== "") && (
        <details className={classes["details"]}>
          <summary>{size.filter(Boolean).join(", ")}</summary>
          <Files files={files} />
          {notes !== "" && <Written text={notes} />}
        </details>
      )}
    </>
  );
}

function Files({ files }: { files: readonly PlanFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul className={classes["files"]}>
      {files.map((file) => (
        <li key={file.path}>
          <code>{file.path}</code>
          <span className={classes["quiet"]}>
            {" "}
            {[file.action ?? "", file.note].filter(Boolean).join(", ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Notes({ notes }: { notes: readonly PlanNote[] }) {
  return notes.map((note) => (
    <div key={`${String(note.line)} ${note.title} ${note.text.slice(0, 40)}`}>
      <p>
        {note.title}
        {note.line !== null && <span className={classes["quiet"]}> line {note.line}</span>}
      </p>
      <Written text={note.text} />
    </div>
  ));
}

/** Text as somebody wrote it: nothing in it is a link or markup, and what hides is drawn by name. */
function Written({ text }: { text: string }) {
  return <pre className={classes["written"]}>{visibleText(text).text}</pre>;
}
