import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { CopyButton } from "@/components/copy-button";
import { Digest } from "@/components/digest";
import { Section } from "@/components/page";
import { Seal } from "@/components/seal";
import { Status, type Tone } from "@/components/status";
import { formatNumber } from "@/lib/format";

import classes from "./decision.module.css";
import type { DecisionRequest } from "./queries";

type Execution = NonNullable<DecisionRequest["execution"]>;

const EXECUTION: Readonly<Record<Execution["state"], { tone: Tone; label: string }>> = {
  waiting: { tone: "wait", label: "waiting for its turn in the merge queue" },
  merging: { tone: "run", label: "being checked again and merged" },
  merged: { tone: "pass", label: "merged" },
  void: { tone: "fail", label: "void" },
  failed: { tone: "fail", label: "failed" },
};

/** After the deed: what was signed, where the log holds it, and how anyone can check it without us. */
export function Receipt({ request }: { request: DecisionRequest }) {
  const waitsFor = request.subject.kind === "phase" ? "the phases are being judged anew" : EXECUTION.waiting.label;
  const { receipt, execution } = request;
  const merge = execution?.merge_commit ?? null;
  const tag = execution?.tag ?? null;
  if (receipt === null) return null;
  return (
    <Section title="Receipt">
      <div className={classes["stack"]}>
        <div className={classes["bound"]}>
          <Seal digest={request.digest} size={52} />
          <div>
            <div>signed over</div>
            <Digest value={request.digest} what="digest of the evidence" />
          </div>
        </div>
        {execution !== null && (
          <div>
            <Status tone={EXECUTION[execution.state].tone} label={execution.state === "waiting" ? waitsFor : EXECUTION[execution.state].label} />
            {execution.reason !== null && <p className={classes["quiet"]}>{execution.reason}</p>}
          </div>
        )}
        <dl className={classes["facts"]}>
          <dt>Decision</dt>
          <dd>
            <Digest value={receipt.statement_digest} what="digest of the decision" />
          </dd>
          <dt>Checkpoint</dt>
          <dd>
            {receipt.checkpoint === null ? (
              <Status tone="run" label="being written" bare />
            ) : (
              <>
                leaf {formatNumber(receipt.checkpoint.size)} <span className={classes["quiet"]}>of {receipt.checkpoint.origin}</span>
              </>
            )}
          </dd>
          {merge !== null && (
            <>
              <dt>Merge</dt>
              <dd>
                <Digest value={merge} what="merge commit" />
                {execution?.addendum === true && <div className={classes["quiet"]}>verified again on a moved base</div>}
              </dd>
            </>
          )}
          {tag !== null && (
            <>
              <dt>Tag</dt>
              <dd>
                <code>{tag}</code>
              </dd>
            </>
          )}
        </dl>
        {request.allowed_actions.includes("download_pack") && (
          <Button component="a" href={receipt.pack_url} download variant="default">
            Download the pack
          </Button>
        )}
        <div>
          <div className={classes["quiet"]}>
            Check it without the platform, or <Link to="/verify">in this browser</Link> <CopyButton text={receipt.verify_command} what="the verify command" />
          </div>
          <code className={classes["block"]}>{receipt.verify_command}</code>
        </div>
        <Link to="/inbox">Next decision</Link>
      </div>
    </Section>
  );
}
