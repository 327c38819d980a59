import { Section } from "@/components/page";
import { words } from "@/lib/format";

import classes from "./decision.module.css";
import type { DecisionRequest } from "./queries";
import { ROLES } from "./strings";

/** Why the viewer can't approve, and who still can. */
export function WhoDecides({ request }: { request: DecisionRequest }) {
  const { blocked_reason: reason, deciders } = request;
  const over = request.state !== "pending" && request.receipt !== null;
  if (over || request.allowed_actions.includes("approve")) return null;
  return (
    <Section title="Who decides">
      <div className={classes["stack"]}>
        {reason === null && deciders.length === 0 && <p>There is nothing left to decide here.</p>}
        {reason !== null && (
          <>
            <p>{reason.text}</p>
            {/* What one did oneself is no fault to look up. */}
            {request.receipt === null && (
              <p className={classes["quiet"]}>
                code <code>{reason.code}</code>
              </p>
            )}
          </>
        )}
        {deciders.length > 0 && (
          <ul className={classes["list"]}>
            {deciders.map(({ role, needed, people }) => (
              <li key={role}>
                Waits for {needed} more {ROLES[role] ?? words(role)}: {people.length > 0 ? people.join(", ") : "nobody is left"}
                {people.length < needed && (
                  <div className={classes["fail"]}>
                    Too few people are left. An administrator has to give the role to somebody who took no part.
                  </div>
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}
