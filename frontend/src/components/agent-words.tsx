import type { ReactNode } from "react";

import { plural } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import classes from "./agent-words.module.css";

/** Text that an agent wrote or read: folded, labelled, and nothing in it is a link, a command or markup. */
export function AgentWords({
  title,
  label,
  facts,
  text,
}: {
  title: string;
  label: string;
  facts?: ReactNode;
  text: string;
}) {
  const visible = visibleText(text);
  return (
    <details className={classes["words"]}>
      <summary className={classes["head"]}>
        <span>{title}</span>
        <span className={classes["label"]}>{label}</span>
        <span className={classes["facts"]}>{facts}</span>
        {visible.hidden > 0 && (
          <span className={classes["label"]}>{plural(visible.hidden, "hidden character", "hidden characters")} drawn by name</span>
        )}
      </summary>
      {/* A scrolling region must be reachable by keyboard. */}
      <pre className={classes["text"]} tabIndex={0}>
        {visible.text === "" ? "(nothing)" : visible.text}
      </pre>
    </details>
  );
}
