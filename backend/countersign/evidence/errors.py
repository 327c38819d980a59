"""What can go wrong with evidence."""

from countersign.shared.errors import Conflict, DomainError, NotFound


class PackNotFound(NotFound):
    """There is no pack with this digest, or this actor may not see it."""

    code = "pack_not_found"


class ArtifactNotFound(NotFound):
    """There is no artifact with this digest."""

    code = "artifact_not_found"


class PackRefused(DomainError):
    """A pack can't be sealed: something it must hold is missing or malformed."""

    code = "pack_refused"
    status = 422


class PackDamaged(Conflict):
    """A stored pack does not verify any more."""

    code = "pack_damaged"


class EvidenceUnmade(DomainError):
    """The key of this pack or artifact was destroyed: what it held can't be read any more, by anybody."""

    code = "evidence_unmade"
    status = 410


class ShredRefused(Conflict):
    """The key can't be destroyed the way it was asked for."""

    code = "shred_refused"


class SecretInEvidence(DomainError):
    """The secret scanner found something in a text that was about to be sealed."""

    code = "secret_in_evidence"
    status = 422


class CleaningRefused(Conflict):
    """What would be removed is not what was shown, or it was not asked for properly."""

    code = "cleaning_refused"
