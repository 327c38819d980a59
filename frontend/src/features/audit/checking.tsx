import { Link } from "@tanstack/react-router";

import classes from "./audit.module.css";
import { STRINGS } from "./strings";

/** How whoever got the file finds out that it is true. */
export function Checking() {
  return (
    <>
      {STRINGS.check} <code className={classes["command"]}>{STRINGS.command}</code> {STRINGS.checkHere}{" "}
      <Link to="/verify" className={classes["inText"]}>
        {STRINGS.checkPage}
      </Link>
    </>
  );
}
