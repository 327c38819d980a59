"""Making a pack unreadable: its key is destroyed, and what waited for a decision on it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.evidence.errors import EvidenceUnmade, ShredRefused
from countersign.evidence.keys import pack_key_destroy
from countersign.evidence.selectors import pack_file, pack_get
from countersign.jobs.services import job_submit
from countersign_verify.pack import pack_read

if TYPE_CHECKING:
    from countersign.evidence.contracts import Unmade
    from countersign.shared.actor import Actor

KIND = "pack.unmade"


def pack_shred(*, actor: Actor, digest: str, confirmation: str, reason: str) -> Unmade:
    """Destroy the key of a pack, for good, and put the end of what waited for it in line.

    Args:
        actor: who destroys it.
        digest: of the pack, with or without ``sha256:``.
        confirmation: the whole digest a second time, typed by whoever destroys it.
        reason: why; it stands in the log for good.

    Raises:
        PermissionDenied: the actor may not destroy evidence.
        PackNotFound: there is no such pack.
        ShredRefused: the confirmation is another pack's, or there is no proper reason.
        EvidenceUnmade: its key is destroyed already.
    """
    require(actor, "evidence.shred")
    pack = pack_get(actor=actor, digest=digest)
    if confirmation.removeprefix("sha256:") != pack.digest.removeprefix("sha256:"):
        message = "the confirmation must be the digest of the pack once more"
        raise ShredRefused(message, digest=pack.digest)
    if pack.unmade:
        message = "the key of this pack is destroyed already"
        raise EvidenceUnmade(message, digest=pack.digest)
    with pack_file(actor=actor, digest=pack.digest) as file:
        held = [member.digest for member in pack_read(file).members.values()]
    unmade = pack_key_destroy(actor=actor, digest=pack.digest, reason=reason, artifacts=held)
    job_submit(
        actor=actor,
        kind=KIND,
        subject=("run", unmade.run_id),
        payload={"pack": unmade.pack, "run_id": unmade.run_id},
        dedupe_key=f"{KIND}:{unmade.pack}",
    )
    return unmade
