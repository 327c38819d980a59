import { digestShort } from "@/lib/digest";

import { CopyButton } from "./copy-button";
import classes from "./digest.module.css";

/** A digest or commit id: shortened for the eye, whole for the clipboard and on hover. */
export function Digest({ value, what, whole = false }: { value: string; what: string; whole?: boolean }) {
  return (
    <span className={classes["digest"]}>
      <code className={whole ? classes["whole"] : undefined} title={value}>
        {whole ? value : digestShort(value)}
      </code>
      <CopyButton text={value} what={what} />
    </span>
  );
}
