"""A way back that can be executed as written: commands with what must hold after each of them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from countersign.prompts.contracts import RollbackProcedure, RollbackStep
from countersign.shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.shared.types import JSON

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# The safe part of Git's own rules for names of branches and tags.
_REF: Final = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock$|/$|\.$))[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_MAX_PATHS: Final = 50


def _ref(facts: Mapping[str, JSON], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not _REF.fullmatch(value):
        message = f"the rollback needs '{name}' as the name of a branch or tag"
        raise InvalidInput(message, field=name)
    return value


def _paths(facts: Mapping[str, JSON]) -> tuple[str, ...]:
    value = facts.get("paths") or ()
    return tuple(str(path) for path in value) if isinstance(value, list | tuple) else ()


def _compare(base: str, paths: Sequence[str]) -> str:
    # Beyond a certain number of files the whole tree is compared: longer commands can't be run everywhere.
    # So is it when a name could end the code marks in which the command stands.
    plain = all(path.isprintable() and "`" not in path for path in paths)
    which = f" -- {shlex.join(paths)}" if plain and 0 < len(paths) <= _MAX_PATHS else ""
    return f"git diff --exit-code {base} HEAD{which}"


def rollback_procedure(facts: Mapping[str, JSON]) -> RollbackProcedure:
    """Build the procedure for one change.

    Args:
        facts: ``base_commit`` (the commit before the change), ``branch`` (the change's own branch),
            ``default_branch`` (where it is merged), ``tag`` (on its merge commit) and, where they are known,
            ``paths`` (the files it may touch).

    Raises:
        InvalidInput: a fact is missing or is no commit, branch or tag.
    """
    base = facts.get("base_commit")
    if not isinstance(base, str) or not _COMMIT.fullmatch(base):
        message = "the rollback needs 'base_commit' as a full commit id"
        raise InvalidInput(message, field="base_commit")
    branch, default, tag = _ref(facts, "branch"), _ref(facts, "default_branch"), _ref(facts, "tag")
    merge = shlex.quote(f"{tag}^{{commit}}")
    before = (
        RollbackStep(
            f"git update-ref -d refs/heads/{branch}", "exit code 0: the branch of the change is gone"
        ),
        RollbackStep(
            f"git merge-base --is-ancestor {base} refs/heads/{default}",
            f"exit code 0: the base is still part of {default}, which was never touched",
        ),
    )
    after = (
        RollbackStep(f"git switch {default}", f"the working tree shows {default}"),
        RollbackStep(
            f"git revert --no-edit -m 1 {merge}", "exit code 0: one new commit undoes exactly the merge"
        ),
        RollbackStep(
            _compare(shlex.quote(f"{tag}^{{commit}}^1"), _paths(facts)),
            "exit code 0: the files are as they were before the merge",
        ),
    )
    return RollbackProcedure(before_merge=before, after_merge=after)
