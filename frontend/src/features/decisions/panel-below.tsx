import { AskingAgain } from "./asking-again";
import { Away } from "./away";
import { GlassApproval } from "./glass-approval";
import type { DecisionRequest } from "./queries";
import { SigningAgain } from "./signing-again";
import { WhoDecides } from "./who-decides";

/** What few people need beside the buttons: asking again for what expired, signing again what was voided, why there are none, who is away, and approving under break-glass. */
export function PanelBelow({ request, seen }: { request: DecisionRequest; seen: boolean }) {
  return (
    <>
      <AskingAgain request={request} />
      <SigningAgain request={request} />
      <WhoDecides request={request} />
      {request.state === "pending" && <Away id={request.id} />}
      <GlassApproval request={request} seen={seen} />
    </>
  );
}
