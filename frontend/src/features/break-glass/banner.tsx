import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Notice } from "@/components/notice";
import { Left } from "@/components/when";
import { type Glass, glassQuery } from "@/lib/break-glass";

import { LOUD, STATES, STRINGS } from "./strings";

/** On every page: what is open, and what lacks its review. */
export function GlassBanner() {
  const glasses = useQuery(glassQuery).data?.results ?? [];
  return glasses.map((glass) => <Told key={glass.id} glass={glass} />);
}

function Told({ glass }: { glass: Glass }) {
  const title = LOUD[glass.state]?.(glass);
  if (title === undefined) return null;
  return (
    <Notice
      tone={STATES[glass.state].tone === "fail" ? "fail" : "wait"}
      title={title}
      action={<Link to="/break-glass">{STRINGS.go}</Link>}
    >
      {glass.reason}
      {glass.state === "open" && glass.expires_at !== null && (
        <>
          {" "}
          (<Left iso={glass.expires_at} /> left)
        </>
      )}
    </Notice>
  );
}
