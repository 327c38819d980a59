import { Button, Textarea } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { MOD, useKeys } from "@/components/keys";
import { Notice, ProblemNotice } from "@/components/notice";
import { Section } from "@/components/page";
import { Seal } from "@/components/seal";
import { digestShort } from "@/lib/digest";
import { formatNumber } from "@/lib/format";
import { randomId } from "@/lib/id";

import classes from "./decision.module.css";
import { type DraftItem, ItemFields, itemOf } from "./item-fields";
import { type AskedItem, type DecisionRequest, useDecide, type Verdict } from "./queries";
import { STRINGS, VERDICTS } from "./strings";

const ORDER: readonly Verdict[] = ["approve", "request_changes", "reject"];

/** How much of the evidence has been on the screen. `total` is null while it is not known what there is to see. */
export interface Reading {
  shown: number;
  total: number | null;
  /** Why approving is impossible whatever was shown. */
  obstacle: string | null;
  showNext: () => void;
}

export function DecisionPanel({ request, reading }: { request: DecisionRequest; reading: Reading }) {
  const verdicts = ORDER.filter((verdict) => request.allowed_actions.includes(verdict));
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const decide = useDecide(request.id);
  const open = (wanted: Verdict) => {
    if (!verdicts.includes(wanted)) return;
    decide.reset();
    setVerdict(wanted);
  };
  useKeys({
    a: () => {
      open("approve");
    },
    r: () => {
      open("reject");
    },
    c: () => {
      open("request_changes");
    },
  });

  if (verdicts.length === 0) return null;
  return (
    <Section title="Your decision">
      <div className={classes["stack"]}>
        <ReadingProgress reading={reading} />
        {verdict === null ? (
          <div className={classes["buttons"]}>
            {verdicts.map((name) => (
              <Button
                key={name}
                variant={name === "approve" ? "filled" : "default"}
                size="sm"
                justify="space-between"
                rightSection={<kbd className={classes["key"]}>{KEYS[name]}</kbd>}
                onClick={() => {
                  open(name);
                }}
              >
                {VERDICTS[name].open}
              </Button>
            ))}
          </div>
        ) : (
          <SignForm
            key={verdict}
            request={request}
            verdict={verdict}
            reading={reading}
            pending={decide.isPending}
            error={decide.error}
            onSign={(reason, items, idempotencyKey) => {
              decide.mutate({
                verdict,
                reason,
                items: [...items],
                digest: request.digest,
                idempotencyKey,
                passkey: request.policy.passkey,
              });
            }}
            onCancel={() => {
              setVerdict(null);
            }}
          />
        )}
      </div>
    </Section>
  );
}

const KEYS = { approve: "a", request_changes: "c", reject: "r" } as const;

function ReadingProgress({ reading }: { reading: Reading }) {
  if (reading.obstacle !== null) return <p className={classes["fail"]}>{reading.obstacle}</p>;
  if (reading.total === null || reading.total === 0) return null;
  const left = reading.total - reading.shown;
  return (
    <div className={classes["stack"]}>
      <div className={classes["progress"]} style={{ "--share": reading.shown / reading.total }} aria-hidden="true">
        <div className={classes["progressFill"]} />
      </div>
      <p className={classes["quiet"]} role="status">
        {formatNumber(reading.shown)} of {formatNumber(reading.total)} hunks shown.{" "}
        {left > 0 && (
          <button type="button" className={classes["inlineButton"]} onClick={reading.showNext}>
            Show the next (n)
          </button>
        )}
      </p>
    </div>
  );
}

/** What still stands between this form and a signature, in words; null when nothing does. */
export function signObstacle(verdict: Verdict, reason: string, reading: Reading): string | null {
  if (verdict === "approve") {
    if (reading.obstacle !== null) return reading.obstacle;
    if (reading.total === null || reading.shown < reading.total) return STRINGS.unseenHunks;
  }
  return reason.trim() === "" ? STRINGS.reasonMissing : null;
}

function SignForm({
  request,
  verdict,
  reading,
  pending,
  error,
  onSign,
  onCancel,
}: {
  request: DecisionRequest;
  verdict: Verdict;
  reading: Reading;
  pending: boolean;
  error: Error | null;
  onSign: (reason: string, items: readonly AskedItem[], idempotencyKey: string) => void;
  onCancel: () => void;
}) {
  const [reason, setReason] = useState("");
  const [items, setItems] = useState<readonly DraftItem[]>([]);
  const [idempotencyKey] = useState(randomId);
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, []);
  const unsaid = items.some((item) => item.text.trim() === "");
  const obstacle = signObstacle(verdict, reason, reading) ?? (unsaid ? STRINGS.itemMissing : null);
  const sign = () => {
    setTried(true);
    if (obstacle === null && !pending) onSign(reason.trim(), items.map(itemOf), idempotencyKey);
  };
  return (
    <form
      className={classes["stack"]}
      onSubmit={(event) => {
        event.preventDefault();
        sign();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
          event.preventDefault();
          sign();
        }
        if (event.key === "Escape") {
          event.preventDefault();
          onCancel();
        }
      }}
    >
      <Textarea
        ref={field}
        label={STRINGS.reasonLabel}
        description={STRINGS.reasonHelp}
        placeholder={VERDICTS[verdict].placeholder}
        error={tried && reason.trim() === "" ? STRINGS.reasonMissing : null}
        rows={4}
        maxLength={4000}
        value={reason}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
      />
      {verdict === "request_changes" && <ItemFields items={items} files={request.change?.files ?? []} onChange={setItems} />}
      <div className={classes["bound"]}>
        <Seal digest={request.digest} size={36} />
        <span>
          You sign over exactly <code title={request.digest}>{digestShort(request.digest)}</code>, and nothing else.
        </span>
      </div>
      {request.policy.passkey && <p className={classes["quiet"]}>{STRINGS.passkeyNeeded}</p>}
      {tried && obstacle !== null && obstacle !== STRINGS.reasonMissing && <Notice tone="wait" title={obstacle} />}
      {error !== null && <ProblemNotice error={error} />}
      <Button
        type="submit"
        size="sm"
        color={verdict === "reject" ? "var(--cs-fail-fill)" : "ink"}
        disabled={pending}
        aria-disabled={obstacle !== null}
        justify="space-between"
        rightSection={<kbd className={classes["key"]}>{MOD} Enter</kbd>}
      >
        {pending ? "Signing…" : VERDICTS[verdict].sign}
      </Button>
      <Button variant="subtle" color="gray" onClick={onCancel} disabled={pending}>
        Not now
      </Button>
    </form>
  );
}
