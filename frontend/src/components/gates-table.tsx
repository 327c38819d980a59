import { formatDuration, words } from "@/lib/format";
import type { GateReport } from "@/lib/shapes";
import { visibleText } from "@/lib/visible-text";

import { Digest } from "./digest";
import classes from "./gates-table.module.css";
import { Status } from "./status";

const ORDER = { fail: 0, unknown: 1, pass: 2 } as const;

/** Every gate with its verdict and reason; what did not pass stands first. */
export function GatesTable({ reports }: { reports: readonly GateReport[] }) {
  const rows = [...reports].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
  return (
    <table className={classes["table"]}>
      <thead>
        <tr>
          <th scope="col">Gate</th>
          <th scope="col">Verdict</th>
          <th scope="col">Why</th>
          <th scope="col" className={classes["wide"]}>
            Report
          </th>
          <th scope="col" className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((report) => (
          <tr key={report.name}>
            <th scope="row" className={classes["name"]}>
              {words(report.name)}
            </th>
            <td>
              <Status tone={report.status} label={report.status} />
            </td>
            <td className={classes["reason"]}>
              {visibleText(report.reason).text}
              {report.summary !== "" && report.summary !== report.reason && (
                <div className={classes["more"]}>{visibleText(report.summary).text}</div>
              )}
              {report.claimed_by_code_under_test && (
                <div>
                  <span className={classes["claimed"]}>claimed by the code under test</span>
                </div>
              )}
            </td>
            <td className={classes["wide"]}>
              {report.report_digest === "" ? (
                <Status tone="unknown" label="no report" bare />
              ) : (
                <Digest value={report.report_digest} what={`digest of the ${report.name} report`} />
              )}
              <div className={classes["more"]}>
                {report.tool} {report.tool_version}
              </div>
            </td>
            <td className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>{formatDuration(report.duration_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
