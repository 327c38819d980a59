"""Trial mode: what one person made and approved alone says so, and is merged to a branch of its own only."""

from collections.abc import Mapping

from countersign_verify.canonical import Json
from countersign_verify.encoding import field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.vocabulary import SELF_APPROVED, TRIAL, TRIAL_BRANCHES

_TRIAL = frozenset({"approval", "branch"})


def trial_read(data: Mapping[str, Json], where: str) -> str:
    """The branch of a trial that a pack's subject or a decision names; nothing where it is not of a trial.

    Raises:
        RefusedError: It says something else than ``self-approved``, or names a branch outside of trials.
    """
    if TRIAL not in data:
        return ""
    trial = field(data, TRIAL, dict, where)
    keys_exact(trial, _TRIAL, f"the trial of {where}")
    if trial["approval"] != SELF_APPROVED:
        raise RefusedError("trial.approval", f"the trial of {where} does not say {SELF_APPROVED}")
    branch = field(trial, "branch", str, where)
    if not branch.startswith(TRIAL_BRANCHES) or branch == TRIAL_BRANCHES:
        raise RefusedError("trial.branch", f"{branch[:80]!a} is no branch under {TRIAL_BRANCHES}")
    return branch
