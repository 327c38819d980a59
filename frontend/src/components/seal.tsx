import { useMemo } from "react";

import { digestHex, digestShort } from "@/lib/digest";

import { sealGeometry } from "./seal-geometry";
import classes from "./seal.module.css";

/** Drawn wherever a pack is shown: when it is not the same pack any more, it looks different. */
export function Seal({ digest, size = 32 }: { digest: string; size?: number }) {
  const { hue, rim, cells } = useMemo(() => sealGeometry(digest), [digest]);
  return (
    <svg
      className={classes["seal"]}
      style={{ "--seal-hue": hue }}
      width={size}
      height={size}
      viewBox="0 0 100 100"
      role="img"
      aria-label={`Seal of ${digestShort(digest)}`}
      data-digest={digestHex(digest)}
    >
      <title>{`Seal of sha256:${digestHex(digest)}`}</title>
      <path className={classes["rim"]} d={rim} />
      {cells.map((path) => (
        <path key={path} className={classes["cell"]} d={path} />
      ))}
    </svg>
  );
}
