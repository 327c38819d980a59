// The checks of a report, put together into what they prove.
import type { Tone } from "@/components/status";
import type { Check } from "@/verifier";

/** Which checks prove what, in the order in which one rests on the other. */
const STAGES: readonly (readonly [title: string, checks: readonly string[]])[] = [
  ["Container", ["container"]],
  ["Signed head", ["files", "trust file", "checkpoint", "checkpoints", "witnesses", "known"]],
  ["Every event", ["tiles", "events", "event", "nothing else", "clock", "time", "rest", "completeness"]],
  ["Statements", ["statements", "reports"]],
  ["Change", ["change", "trial"]],
  ["Gates and risk", ["gates", "risk", "policy", "exceptions"]],
  ["Evidence packs", ["packs", "unmade"]],
  ["People and rules", ["people", "roles", "quorums", "break-glass"]],
  ["Decisions", ["decisions", "decision", "log", "participants", "relaxed"]],
  ["Merges", ["addenda", "merges", "repository"]],
  ["Phases", ["phases"]],
];
const LINES = "Every event";

export interface Stage {
  readonly title: string;
  readonly tone: Tone;
  readonly counts: Readonly<Record<Check["status"], number>>;
}

export function stagesOf(checks: readonly Check[]): Stage[] {
  const titled = checks.map((check) => ({ check, title: titleOf(check.name) }));
  const titles = new Set([...STAGES.map(([title]) => title), ...titled.map(({ title }) => title)]);
  return [...titles].flatMap((title) => {
    const own = titled.filter((each) => each.title === title).map(({ check }) => check);
    return own.length === 0 ? [] : [{ title, ...toned(own) }];
  });
}

function titleOf(name: string): string {
  if (name.startsWith("line ")) return LINES;
  return STAGES.find(([, checks]) => checks.includes(name))?.[0] ?? "Other";
}

function toned(checks: readonly Check[]): Pick<Stage, "tone" | "counts"> {
  const counts = { ok: 0, failed: 0, "not covered": 0 };
  for (const { status } of checks) counts[status] += 1;
  return { counts, tone: counts.failed > 0 ? "fail" : counts.ok > 0 ? "pass" : "idle" };
}
