import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { EmptyState, Page } from "@/components/page";
import { Status } from "@/components/status";
import { When } from "@/components/when";
import { formatNumber, plural } from "@/lib/format";

import classes from "./board.module.css";
import { plansQuery } from "./queries";
import { STRINGS } from "./strings";

export function PlansPage() {
  const plans = useSuspenseQuery(plansQuery).data.results;
  return (
    <Page title="Plans">
      {plans.length === 0 ? (
        <EmptyState title={STRINGS.emptyTitle}>
          <p>{STRINGS.emptyNext}</p>
        </EmptyState>
      ) : (
        <div className={classes["plans"]}>
          {plans.map((plan) => (
            <Link key={plan.id} to="/plans/$id" params={{ id: plan.id }} className={classes["plan"]}>
              <span>
                {plan.title}
                <span className={classes["quiet"]}>
                  {" "}
                  {plan.project.name}, version {plan.version}, imported <When iso={plan.created_at} />
                </span>
              </span>
              <Status
                tone={plan.phases_complete === plan.phases_total ? "pass" : "run"}
                label={`${formatNumber(plan.phases_complete)} of ${plural(plan.phases_total, "phase", "phases")}`}
                bare
              />
            </Link>
          ))}
        </div>
      )}
    </Page>
  );
}
