import { formatNumber, plural, words } from "@/lib/format";
import type { Risk, RiskFactor } from "@/lib/shapes";

import classes from "./risk-chart.module.css";
import { Status } from "./status";

const decimals = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 3 });

/** What each factor adds to the score, drawn to one scale and as numbers, with the recorded inputs behind it. */
export function RiskChart({ risk }: { risk: Risk }) {
  const factors = [...risk.factors].sort((a, b) => order(b) - order(a) || b.weight - a.weight);
  const sum = risk.factors.reduce((total, factor) => total + (factor.contribution_milli ?? 0), 0) / 1000;
  return (
    <table className={classes["table"]}>
      <thead>
        <tr>
          <th scope="col">Factor</th>
          <th scope="col" className={classes["barCell"]}>
            Share of weight
          </th>
          <th scope="col" className={`${classes["number"] ?? ""} ${classes["product"] ?? ""}`}>
            Factor × weight
          </th>
          <th scope="col" className={classes["number"]}>
            Points
          </th>
          <th scope="col">Recorded inputs</th>
        </tr>
      </thead>
      <tbody>
        {factors.map((factor) => (
          <FactorRow key={factor.name} factor={factor} />
        ))}
        <tr className={classes["total"]}>
          <th scope="row" className={classes["factor"]}>
            Score
          </th>
          <td className={classes["barCell"]} />
          <td className={`${classes["number"] ?? ""} ${classes["product"] ?? ""}`}>{decimals.format(sum)}, rounded up</td>
          <td className={`${classes["number"] ?? ""} ${classes["points"] ?? ""}`}>{formatNumber(risk.score)}</td>
          <td className={classes["inputs"]}>{verdict(risk)}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** Unknown factors first: they are what stands in the way. */
function order(factor: RiskFactor): number {
  return factor.value === null ? Number.POSITIVE_INFINITY : (factor.contribution_milli ?? 0);
}

function verdict(risk: Risk): string {
  const threshold = formatNumber(risk.threshold);
  if (risk.unknown.length > 0) return `Unknown: ${risk.unknown.map(words).join(", ")}. An unknown factor needs the CAB at any score.`;
  return risk.score > risk.threshold ? `Over ${threshold}: needs the CAB.` : `Not over ${threshold}.`;
}

function FactorRow({ factor }: { factor: RiskFactor }) {
  const known = factor.value !== null;
  return (
    <tr>
      <th scope="row" className={classes["factor"]}>
        {words(factor.name)}
      </th>
      <td className={classes["barCell"]}>
        <div className={classes["track"]} style={{ "--weight": factor.weight }} aria-hidden="true">
          {known ? (
            <div className={classes["fill"]} style={{ "--share": (factor.value ?? 0) / 1000 }} />
          ) : (
            <div className={`${classes["fill"] ?? ""} ${classes["unknownFill"] ?? ""}`} />
          )}
        </div>
      </td>
      <td className={`${classes["number"] ?? ""} ${classes["product"] ?? ""}`}>
        {known ? `${decimals.format((factor.value ?? 0) / 1000)} × ${formatNumber(factor.weight)}` : <Status tone="unknown" label="unknown" bare />}
      </td>
      <td className={`${classes["number"] ?? ""} ${classes["points"] ?? ""}`}>
        {factor.contribution_milli === null ? "?" : decimals.format(factor.contribution_milli / 1000)}
      </td>
      <td>
        <Inputs inputs={factor.inputs} />
      </td>
    </tr>
  );
}

type Input = RiskFactor["inputs"][number];

/** What moved the factor stands open; what was looked at and moved nothing is folded away. */
function Inputs({ inputs }: { inputs: readonly Input[] }) {
  const moving = inputs.filter((input) => input.effect !== 0 || !input.known);
  const still = inputs.filter((input) => input.effect === 0 && input.known);
  return (
    <div className={classes["inputs"]}>
      <InputList inputs={moving} />
      {still.length > 0 && (
        <details>
          <summary>{plural(still.length, "input that moves", "inputs that move")} nothing</summary>
          <InputList inputs={still} />
        </details>
      )}
      {inputs.length === 0 && "nothing was recorded"}
    </div>
  );
}

function InputList({ inputs }: { inputs: readonly Input[] }) {
  return (
    <ul>
      {inputs.map((input) => (
        <li key={input.name} className={input.known ? undefined : classes["missing"]}>
          {words(input.name)} {input.known ? formatNumber(input.value ?? 0) : "not known"}{" "}
          {input.effect > 0 && <span className={classes["effect"]}>+{decimals.format(input.effect / 1000)}</span>}{" "}
          <span className={classes["source"]}>from {input.source}</span>
        </li>
      ))}
    </ul>
  );
}
