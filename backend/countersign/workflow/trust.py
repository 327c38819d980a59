"""The trust file of this installation: which keys a stranger is asked to believe, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.sequencing import ORIGIN
from countersign.audit.witness_policy import witness_policy
from countersign.shared.keys import public_keys
from countersign.shared.passkey_party import passkey_party
from countersign_verify.canonical import canonical_bytes
from countersign_verify.notes import verifier_key
from countersign_verify.trust import SELF_ATTESTED, WITNESSED, Accounts, Trust, trust_build, trust_read

if TYPE_CHECKING:
    from countersign.shared.keys import KeyName
    from countersign_verify.canonical import JsonInput

_ROLES: tuple[KeyName, ...] = ("runner", "gates", "scorer", "decisions")


def trust_document(*, allow_unattended: bool) -> dict[str, JsonInput]:
    """Return the trust file: without witnesses the platform attests itself, and says so.

    Args:
        allow_unattended: decisions without a person verify (demo installations only).

    Raises:
        SigningKeyMissing: a key can't be read.
        WitnessPolicyInvalid: the witness policy can't be read.
    """
    keys = public_keys()
    policy = witness_policy()
    return trust_build(
        origin=ORIGIN,
        log_keys=[verifier_key(ORIGIN, keys["log"].public)],
        roles={role: [keys[role].public] for role in _ROLES},
        allow_unattended=allow_unattended,
        # The first people are made at the command line: whoever operates the platform vouches for them.
        accounts=Accounts(frozenset(), operator_grants=True),
        passkeys=passkey_party(),
        mode=WITNESSED if policy.quorum else SELF_ATTESTED,
        witnesses=policy.keys if policy.quorum else (),
        quorum=policy.quorum,
    )


def trust_current(*, allow_unattended: bool) -> Trust:
    """Return the same, as the verifier reads it.

    Raises:
        SigningKeyMissing: a key can't be read.
    """
    return trust_read(canonical_bytes(trust_document(allow_unattended=allow_unattended)))
