import { Status } from "@/components/status";
import { visibleText } from "@/lib/visible-text";

import type { InboxItem } from "./queries";
import { STRINGS } from "./strings";

/** What people were told about a request that still waits. */
export function Told({ item }: { item: Pick<InboxItem, "reminded" | "escalated_to" | "escalated_to_me" | "instead_of"> }) {
  if (item.escalated_to_me) return <Status tone="fail" label={STRINGS.escalatedToMe} bare />;
  const last = item.escalated_to.at(-1);
  if (last !== undefined) return <Status tone="wait" label={`escalated to ${visibleText(last).text}`} bare />;
  return (
    <>
      {item.reminded !== "none" && <Status tone="wait" label={STRINGS.reminded[item.reminded]} bare />}
      {item.instead_of.length > 0 && <Status tone="wait" label={STRINGS.insteadOf(visibleText(item.instead_of.join(", ")).text)} bare />}
    </>
  );
}
