"""Whether anybody is left who could decide, asked before a run spends anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import persons_with_role
from countersign.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable


class QuorumImpossible(Conflict):
    """Nobody who is not a participant could decide on the result."""

    code = "quorum_impossible"


def quorum_require(excluded: Iterable[str]) -> None:
    """Refuse to begin what nobody could approve.

    Args:
        excluded: the persons who would take part in the change, and can't decide on it.

    Raises:
        QuorumImpossible: nobody else holds the role that the policy asks for.
    """
    if not persons_with_role(role="director", except_persons=excluded):
        message = (
            "nobody who takes no part in this could decide on the result: "
            "give another person the role director first"
        )
        raise QuorumImpossible(message, role="director", missing=1)
