import { GlassApproval } from "./glass-approval";
import type { DecisionRequest } from "./queries";
import { SigningAgain } from "./signing-again";
import { WhoDecides } from "./who-decides";

/** What few people need beside the buttons: signing again what was voided, why there are none, and approving under break-glass. */
export function PanelBelow({ request, seen }: { request: DecisionRequest; seen: boolean }) {
  return (
    <>
      <SigningAgain request={request} />
      <WhoDecides request={request} />
      <GlassApproval request={request} seen={seen} />
    </>
  );
}
