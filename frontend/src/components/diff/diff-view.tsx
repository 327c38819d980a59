import "react-diff-view/style/index.css";

import { memo } from "react";
import { Diff, Hunk, type HunkData } from "react-diff-view";

import { Status } from "@/components/status";
import { formatNumber } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import classes from "./diff.module.css";
import type { DiffFile, ParsedDiff } from "./parse";
import type { Seen } from "./use-seen";

const KIND_LABEL = { added: "new file", modified: "changed", deleted: "deleted" } as const;

/** The whole change, every hunk open. `seen` marks the hunks that have been on the screen. */
export function DiffView({ diff, seen }: { diff: ParsedDiff; seen?: Seen }) {
  return (
    <div>
      {diff.files.map((file) => (
        <FileDiff key={file.units[0]} file={file} seen={seen} />
      ))}
    </div>
  );
}

export function LineCounts({ added, deleted }: { added: number; deleted: number }) {
  return (
    <span className={classes["counts"]}>
      <span className={classes["plus"]}>+{formatNumber(added)}</span>
      <span className={classes["minus"]}>−{formatNumber(deleted)}</span>
    </span>
  );
}

function FileDiff({ file, seen }: { file: DiffFile; seen: Seen | undefined }) {
  return (
    <section className={classes["file"]} aria-label={file.path}>
      <div className={classes["fileHead"]}>
        <code className={classes["path"]}>{visibleText(file.path).text}</code>
        <Status tone={file.kind === "deleted" ? "fail" : "idle"} label={KIND_LABEL[file.kind]} bare />
        {file.modes !== null && <Status tone="wait" label={`mode ${file.modes.join(" to ")}`} />}
        {file.binary ? <Status tone="wait" label="binary" /> : <LineCounts added={file.added} deleted={file.deleted} />}
      </div>
      {file.hunks.length === 0 && (
        <div className={classes["declared"]} ref={(element) => seen?.observe(file.units[0] ?? "", element)}>
          {file.binary
            ? "A binary file: its content cannot be shown here, and its digest is in the pack."
            : "No line differs: only the file itself or its mode does."}
        </div>
      )}
      {file.hunks.map((hunk, at) => {
        const unit = file.units[at] ?? "";
        return (
          <div key={unit} data-unit={unit} ref={(element) => seen?.observe(unit, element)}>
            <div className={classes["hunkHead"]}>
              <code>{hunk.content}</code>
              {seen?.seen.has(unit) === true && <Status tone="pass" label="shown" bare />}
            </div>
            <HunkLines file={file} hunk={hunk} />
          </div>
        );
      })}
    </section>
  );
}

/** Thousands of rows: drawn once, not again each time another hunk has been seen. */
const HunkLines = memo(function HunkLines({ file, hunk }: { file: DiffFile; hunk: HunkData }) {
  return (
    <Diff className={classes["table"] ?? ""} viewType="unified" diffType={file.type} hunks={[hunk]}>
      {(hunks) => hunks.map((one) => <Hunk key={one.content} hunk={one} />)}
    </Diff>
  );
});
