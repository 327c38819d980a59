import { type ReactNode, useEffect, useId } from "react";

import classes from "./page.module.css";

/** The frame of every page: what it is about, above it where it belongs, and its title in the browser. */
export function Page({
  title,
  over,
  lead,
  aside,
  children,
}: {
  title: string;
  over?: ReactNode;
  lead?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Countersign`;
  }, [title]);
  return (
    <div className={classes["page"]}>
      <header className={classes["head"]}>
        {lead}
        <div className={classes["headText"]}>
          {over !== undefined && <div className={classes["over"]}>{over}</div>}
          <h1 className={classes["title"]}>{title}</h1>
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}

export function Section({
  title,
  note,
  aside,
  flush = false,
  children,
}: {
  title: string;
  note?: ReactNode;
  aside?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={classes["section"]} aria-labelledby={id}>
      <div className={classes["sectionHead"]}>
        <h2 id={id}>{title}</h2>
        <div className={classes["note"]}>{note}</div>
        {aside}
      </div>
      <div className={flush ? classes["flush"] : classes["body"]}>{children}</div>
    </section>
  );
}

/** What a page is for, in a sentence or two. */
export function Lead({ children }: { children: ReactNode }) {
  return <p className={classes["lead"]}>{children}</p>;
}

export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes["empty"]}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Waiting is always said in words. */
export function Waiting({ what }: { what: string }) {
  return (
    <p className={classes["waiting"]} role="status">
      {what}
    </p>
  );
}
