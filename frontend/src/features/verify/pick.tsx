import { Button } from "@mantine/core";
import { type ReactNode, useId, useRef, useState } from "react";

import { Status } from "@/components/status";

import { chosen, dropped, type Files } from "./files";
import { STRINGS } from "./strings";
import classes from "./verify.module.css";

interface Choice {
  label: string;
  accept?: string;
  directory?: boolean;
  many?: boolean;
}

/** A button that opens the browser's own choice of files. */
function Pick({ label, accept, directory = false, many = false, onFiles }: Choice & { onFiles: (files: Files) => void }) {
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
  choices,
  onFiles,
}: {
  title: string;
  help: string;
  said: ReactNode;
  choices: readonly Choice[];
  onFiles: (files: Files) => void;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  /** Of the drop itself: what came of the files is said by whoever takes them. */
  const [told, setTold] = useState<ReactNode>(null);
  const last = useRef(0);
  const take = (files: Files) => {
    last.current += 1;
    setTold(null);
    onFiles(files);
  };
  const receive = async (data: DataTransfer) => {
    // What was there before is not what was dropped, also when that cannot be read.
    take(new Map());
    const mine = last.current;
    setTold(STRINGS.dropReading);
    try {
      const files = await dropped(data);
      if (mine !== last.current) return;
      take(files);
      if (files.size === 0) setTold(<Status tone="fail" label={STRINGS.nothing} bare />);
    } catch (error) {
      if (mine !== last.current) return;
      const why = error instanceof Error ? error.message : String(error);
      setTold(<Status tone="fail" label={`${STRINGS.dropFailed}: ${why}`} bare />);
    }
  };
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
        void receive(event.dataTransfer);
      }}
    >
      <h2 id={id}>{title}</h2>
      <p className={classes["quiet"]}>{help}</p>
      <div className={classes["said"]} aria-live="polite">
        {told ?? said}
      </div>
      <div className={classes["buttons"]}>
        {choices.map((choice) => (
          <Pick key={choice.label} {...choice} onFiles={take} />
        ))}
      </div>
    </section>
  );
}
