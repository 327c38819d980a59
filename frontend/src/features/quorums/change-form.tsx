import { Button, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { sentence } from "@/lib/format";

import { type Counts, countsOf, effectOf, tiersOf } from "./counts";
import { type Scope, type Tier, usePropose } from "./queries";
import classes from "./quorums.module.css";
import { type Role, roleName, ROLES, STRINGS, TIERS } from "./strings";

const MOST = 20;

export function ChangeForm({ scope, onDone }: { scope: Scope; onDone: () => void }) {
  const now = countsOf(scope.tiers);
  const [wanted, setWanted] = useState<Counts>(now);
  const [reason, setReason] = useState("");
  const propose = usePropose();
  const effect = effectOf(now, wanted);
  const project = scope.project ?? "";
  const send = (tiers: ReturnType<typeof tiersOf> | null) => {
    propose.mutate({ project, tiers, reason }, { onSuccess: onDone });
  };
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        send(tiersOf(wanted));
      }}
    >
      <div className={classes["tiers"]}>
        {scope.tiers.map(({ tier }) => (
          <Numbers
            key={tier}
            tier={tier}
            counts={wanted[tier]}
            onCount={(role, count) => {
              setWanted({ ...wanted, [tier]: { ...wanted[tier], [role]: count } });
            }}
          />
        ))}
      </div>
      <p role="status">{STRINGS[effect]}</p>
      <Textarea
        label={STRINGS.reason}
        description={STRINGS.reasonHelp}
        required
        maxLength={4000}
        value={reason}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
      />
      <div className={classes["buttons"]}>
        <Button type="submit" disabled={propose.isPending || (effect !== "more" && effect !== "less")}>
          {STRINGS.set}
        </Button>
        {scope.own && (
          <Button
            variant="default"
            disabled={propose.isPending || reason.trim() === ""}
            onClick={() => {
              send(null);
            }}
          >
            {STRINGS.follow}
          </Button>
        )}
        <Button variant="default" onClick={onDone}>
          {STRINGS.close}
        </Button>
      </div>
      {propose.error !== null && <ProblemNotice error={propose.error} />}
    </form>
  );
}

function Numbers({
  tier,
  counts,
  onCount,
}: {
  tier: Tier["tier"];
  counts: Record<Role, number>;
  onCount: (role: Role, count: number) => void;
}) {
  return (
    <fieldset className={classes["tier"]}>
      <legend className={classes["tierName"]}>{TIERS[tier].name}</legend>
      <div className={classes["numbers"]}>
        {ROLES.map((role) => (
          <TextInput
            key={role}
            type="number"
            min={0}
            max={MOST}
            label={sentence(roleName(role, 2))}
            value={counts[role]}
            onChange={(event) => {
              const count = Math.trunc(Number(event.currentTarget.value));
              onCount(role, Math.min(MOST, Math.max(0, Number.isNaN(count) ? 0 : count)));
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}
