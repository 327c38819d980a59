import { Button } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Notice, ProblemNotice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import { StaleNotice } from "@/components/stale-notice";
import { Status } from "@/components/status";
import { formatDateTime, sentence } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import { ChangeForm } from "./change-form";
import { policiesQuery, type Policy, type Scope, type Tier, useConfirm, useWithdraw } from "./queries";
import classes from "./quorums.module.css";
import { roleName, STATES, STRINGS, TIERS } from "./strings";

export function QuorumsPage() {
  const query = useSuspenseQuery(policiesQuery);
  const { may_propose, results } = query.data;
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      <StaleNotice query={query} />
      {results.map((scope) => (
        <ScopeSection key={scope.project ?? ""} scope={scope} mayPropose={may_propose} />
      ))}
      {results.length === 1 && <p className={classes["quiet"]}>{STRINGS.emptyTitle}.</p>}
    </Page>
  );
}

function ScopeSection({ scope, mayPropose }: { scope: Scope; mayPropose: boolean }) {
  const [changing, setChanging] = useState(false);
  const own = scope.version === 0 ? STRINGS.builtIn : `version ${String(scope.version)}`;
  const note = scope.project !== null && !scope.own ? `${STRINGS.follows}: ${own}` : own;
  const name = scope.project ?? STRINGS.platform;
  return (
    <Section title={name} note={note}>
      {scope.trial && <Notice tone="wait" title={STRINGS.trial} />}
      {scope.waiting && <Notice tone="wait" title={STRINGS.waiting} />}
      {scope.proposal !== null && <Proposal policy={scope.proposal} />}
      <div className={classes["tiers"]}>
        {scope.tiers.map((tier) => (
          <TierCard key={tier.tier} tier={tier} />
        ))}
      </div>
      {mayPropose && !changing && scope.proposal === null && (
        <Button
          variant="default"
          aria-label={`${STRINGS.change}: ${name}`}
          onClick={() => {
            setChanging(true);
          }}
        >
          {STRINGS.change}
        </Button>
      )}
      {changing && (
        <ChangeForm
          scope={scope}
          onDone={() => {
            setChanging(false);
          }}
        />
      )}
      <History versions={scope.versions} />
    </Section>
  );
}

function TierCard({ tier }: { tier: Tier }) {
  const { name, when } = TIERS[tier.tier];
  const seats = new Map(tier.seats.map((seat) => [seat.role, seat]));
  return (
    <div className={classes["tier"]}>
      <div className={classes["tierName"]}>{name}</div>
      <div className={classes["small"]}>{when}</div>
      {tier.quorum.map(({ role, count }) => {
        const seat = seats.get(role);
        return (
          <div key={role} className={classes["seats"]}>
            <Chairs count={count} missing={seat?.missing ?? 0} />
            <span>
              {count} {roleName(role, count)}
            </span>
            {seat !== undefined && <span className={classes["small"]}>{STRINGS.could(seat.eligible)}</span>}
          </div>
        );
      })}
      {tier.lacks !== null && <div className={classes["lacks"]}>{tier.lacks}</div>}
    </div>
  );
}

/** A person for each who has to decide; dashed where nobody is there for it. */
function Chairs({ count, missing }: { count: number; missing: number }) {
  return (
    <span className={classes["chairs"]} aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <svg key={index} width="14" height="16" viewBox="0 0 14 16" className={classes["chair"]} data-empty={index >= count - missing}>
          <circle cx="7" cy="4.5" r="3" />
          <path d="M1.5 14.5c0-3.5 2.4-5.5 5.5-5.5s5.5 2 5.5 5.5z" />
        </svg>
      ))}
    </span>
  );
}

export function tiersText(tiers: Policy["tiers"]): string {
  if (tiers === null) return STRINGS.follows;
  return tiers
    .map(
      ({ tier, quorum }) =>
        `${TIERS[tier].name}: ${quorum.map(({ role, count }) => `${String(count)} ${roleName(role, count)}`).join(", ")}`,
    )
    .join("; ");
}

function Proposal({ policy }: { policy: Policy }) {
  const confirm = useConfirm();
  const withdraw = useWithdraw();
  const error = confirm.error ?? withdraw.error;
  const who = visibleText(policy.proposed_by).text;
  const busy = confirm.isPending || withdraw.isPending;
  return (
    <>
      <Notice tone="wait" title={policy.tiers === null ? STRINGS.followProposal(who) : STRINGS.proposal(who)}>
        {policy.tiers !== null && <p>{tiersText(policy.tiers)}</p>}
        <p>
          {STRINGS.reason}: {visibleText(policy.reason).text} · {formatDateTime(policy.created_at)}
        </p>
        <div className={classes["buttons"]}>
          {policy.may_confirm && (
            <Button
              disabled={busy}
              onClick={() => {
                confirm.mutate(policy.id);
              }}
            >
              {STRINGS.confirm}
            </Button>
          )}
          {policy.may_withdraw && (
            <Button
              variant="default"
              disabled={busy}
              onClick={() => {
                withdraw.mutate(policy.id);
              }}
            >
              {policy.may_confirm ? STRINGS.refuse : STRINGS.withdraw}
            </Button>
          )}
        </div>
      </Notice>
      {error !== null && <ProblemNotice error={error} />}
    </>
  );
}

function History({ versions }: { versions: readonly Policy[] }) {
  if (versions.length === 0) return <p className={classes["small"]}>{STRINGS.none}</p>;
  return (
    <details className={classes["versions"]}>
      <summary>
        {STRINGS.history} ({versions.length})
      </summary>
      <ol>
        {versions.map((policy) => (
          <li key={policy.id}>
            <div>
              <div>
                {policy.version !== null && `Version ${String(policy.version)}: `}
                {policy.version === null ? sentence(tiersText(policy.tiers)) : tiersText(policy.tiers)}
              </div>
              <div className={classes["small"]}>
                {visibleText(policy.reason).text} · {visibleText(policy.proposed_by).text}, {formatDateTime(policy.created_at)}
                {policy.decided_by !== null && policy.decided_at !== null && (
                  <>
                    {" "}
                    · {policy.state === "withdrawn" ? "ended" : "confirmed"} by {visibleText(policy.decided_by).text},{" "}
                    {formatDateTime(policy.decided_at)}
                  </>
                )}
              </div>
            </div>
            <Status
              tone={policy.state === "set" && !policy.checkpointed ? "wait" : STATES[policy.state].tone}
              label={policy.state === "set" && !policy.checkpointed ? "Waits for its checkpoint" : STATES[policy.state].label}
            />
          </li>
        ))}
      </ol>
    </details>
  );
}
