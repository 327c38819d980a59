import { visibleText } from "@/lib/visible-text";

import type { AuditEvent } from "./queries";
import { STRINGS } from "./strings";

/** Who did it, as text that hides nothing; a person who was erased has no name any more. */
export function actorOf({ actor_label: label }: AuditEvent): string {
  return label === null ? STRINGS.erased : visibleText(label).text;
}
