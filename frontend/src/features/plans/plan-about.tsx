import { Section } from "@/components/page";
import { plural } from "@/lib/format";

import classes from "./board.module.css";
import { Notes } from "./plan-parts";
import type { Plan } from "./queries";
import { STRINGS } from "./strings";

/** What a plan says beside its phases and inputs: risks, who is told, and its prose. */
export function PlanAbout({ plan }: { plan: Plan }) {
  return (
    <>
      <Risks risks={plan.risks} />
      {plan.escalation.length > 0 && (
        <Section title="Escalation">
          <ol className={classes["list"]}>
            {plan.escalation.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </Section>
      )}
      {plan.reports.length > 0 && (
        <Section title="Reports and reviews">
          {plan.reports.map((report) => (
            <div key={report.title}>
              <h3>{report.title}</h3>
              {report.text !== "" && <p>{report.text}</p>}
              <ul className={classes["list"]}>
                {report.items.map((item) => (
                  <li key={item}>{item}</li>
                ))}
              </ul>
            </div>
          ))}
        </Section>
      )}
      <Text plan={plan} />
    </>
  );
}

function Risks({ risks }: { risks: Plan["risks"] }) {
  if (risks.length === 0) return null;
  return (
    <Section title="Risks" flush>
      <table className={classes["table"]}>
        <thead>
          <tr>
            <th scope="col">Risk</th>
            <th scope="col">Probability</th>
            <th scope="col">Impact</th>
            <th scope="col">Mitigation</th>
          </tr>
        </thead>
        <tbody>
          {risks.map((risk) => (
            <tr key={risk.risk}>
              <th scope="row">{risk.risk}</th>
              <td>{risk.probability}</td>
              <td>{risk.impact}</td>
              <td>{risk.mitigation}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** The plan's prose, and what its reader remarked when it was imported. */
function Text({ plan }: { plan: Plan }) {
  if (plan.notes.length + plan.remarks.length === 0) return null;
  return (
    <Section title="The text of the plan" note={STRINGS.text}>
      {plan.remarks.length > 0 && (
        <details className={classes["details"]}>
          <summary>{plural(plan.remarks.length, "remark", "remarks")} of the import</summary>
          <ul>
            {plan.remarks.map((remark) => (
              <li key={`${String(remark.line)}:${String(remark.column)} ${remark.message}`}>
                line {remark.line}: {remark.message}
              </li>
            ))}
          </ul>
        </details>
      )}
      {plan.notes.length > 0 && (
        <details className={classes["details"]}>
          <summary>{plural(plan.notes.length, "note", "notes")}</summary>
          <Notes notes={plan.notes} />
        </details>
      )}
    </Section>
  );
}
