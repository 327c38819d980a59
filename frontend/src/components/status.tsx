import classes from "./status.module.css";

export type Tone = "pass" | "fail" | "unknown" | "wait" | "run" | "idle";

/** One shape a tone: colour is never the only sign. */
const SHAPES: Readonly<Record<Tone, string>> = {
  pass: "M2.5 6.4 5 8.9 9.6 3.6",
  fail: "M3 3l6 6M9 3 3 9",
  unknown: "M4.3 4.5a1.75 1.75 0 1 1 2.5 1.6c-.6.3-.8.6-.8 1.2M6 9.4v.1",
  wait: "M6 3v3.2l2 1.3M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6z",
  run: "M4 2.6v6.8L9.4 6z",
  idle: "M3 6h6",
};

export function Status({ tone, label, bare = false }: { tone: Tone; label: string; bare?: boolean }) {
  const names = [classes["status"], classes[tone], bare ? classes["bare"] : ""];
  return (
    <span className={names.filter(Boolean).join(" ")} data-tone={tone}>
      <StatusShape tone={tone} />
      {label}
    </span>
  );
}

function StatusShape({ tone }: { tone: Tone }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      <path d={SHAPES[tone]} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** A criterion, gate or proof item that holds, does not hold, or that nobody could establish. */
export function metTone(met: boolean | null): Tone {
  if (met === null) return "unknown";
  return met ? "pass" : "fail";
}
