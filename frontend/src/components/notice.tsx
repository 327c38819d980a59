import { Button } from "@mantine/core";
import type { ReactNode } from "react";

import { sentence } from "@/lib/format";
import { asProblem } from "@/lib/problem";

import classes from "./notice.module.css";

type NoticeTone = "fail" | "wait" | "run" | "pass";

export function Notice({
  tone,
  title,
  action,
  children,
}: {
  tone: NoticeTone;
  title: string;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={`${classes["notice"] ?? ""} ${classes[tone] ?? ""}`} role={tone === "fail" ? "alert" : "status"}>
      <div className={classes["words"]}>
        <div className={classes["title"]}>{title}</div>
        {children}
      </div>
      {action}
    </div>
  );
}

/** A refusal or fault: what it is, its code and correlation id to quote, and a way on. */
export function ProblemNotice({
  error,
  retry,
  wayOn,
  children,
}: {
  error: unknown;
  retry?: () => void;
  wayOn?: ReactNode;
  children?: ReactNode;
}) {
  const problem = asProblem(error);
  return (
    <Notice
      tone="fail"
      title={sentence(problem.message)}
      action={
        retry === undefined ? (
          wayOn
        ) : (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {children}
      <div className={classes["facts"]}>
        <span>
          code <code>{problem.code}</code>
        </span>
        {problem.correlationId !== null && (
          <span>
            correlation id <code>{problem.correlationId}</code>
          </span>
        )}
      </div>
    </Notice>
  );
}
