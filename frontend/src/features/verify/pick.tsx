import { Button } from "@mantine/core";
import { type ReactNode, useId, useRef, useState } from "react";

import { chosen, dropped, type Files } from "./files";
import classes from "./verify.module.css";

/** A button that opens the browser's own choice of files. */
export function Pick({
  label,
  accept,
  directory = false,
  many = false,
  onFiles,
}: {
  label: string;
  accept?: string;
  directory?: boolean;
  many?: boolean;
  onFiles: (files: Files) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        accept={accept}
        multiple={many}
        {...(directory ? { webkitdirectory: "" } : {})}
        onChange={(event) => {
          onFiles(chosen(event.currentTarget.files));
          // The same choice again is a change again: the file may be another by now.
          event.currentTarget.value = "";
        }}
      />
      <Button variant="default" onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}

/** A place to drop files on, with buttons for whoever does not drag. */
export function Drop({
  title,
  help,
  said,
  children,
  onFiles,
}: {
  title: string;
  help: string;
  said: ReactNode;
  children: ReactNode;
  onFiles: (files: Files) => void;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    <section
      className={classes["drop"]}
      aria-labelledby={id}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void dropped(event.dataTransfer).then(onFiles);
      }}
    >
      <h2 id={id}>{title}</h2>
      <p className={classes["quiet"]}>{help}</p>
      <div className={classes["said"]} aria-live="polite">
        {said}
      </div>
      <div className={classes["buttons"]}>{children}</div>
    </section>
  );
}
