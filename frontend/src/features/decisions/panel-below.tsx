import { GlassApproval } from "./glass-approval";
import type { DecisionRequest } from "./queries";
import { WhoDecides } from "./who-decides";

/** What few people need beside the buttons: why there are none, and approving under break-glass. */
export function PanelBelow({ request, seen }: { request: DecisionRequest; seen: boolean }) {
  return (
    <>
      <WhoDecides request={request} />
      <GlassApproval request={request} seen={seen} />
    </>
  );
}
