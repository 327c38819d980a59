"""Trials in a log: which projects began as one, and where what was approved in one was merged."""

from collections.abc import Sequence

from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.tree import commit_parse
from countersign_verify.vocabulary import EVENT_TRIAL_BEGUN, TRIAL_TRAILER


def trials_read(content: LogContent) -> frozenset[str]:
    """The names of the projects that began as a trial: they stay one for good."""
    return frozenset(event.text("project") for event in content.of_type(EVENT_TRIAL_BEGUN))


def project_check(project: str, branch: str, trials: frozenset[str]) -> None:
    """Check that a pack is one of a trial if and only if its project began as one.

    Raises:
        RefusedError: Pack and log disagree.
    """
    if branch and project not in trials:
        raise RefusedError("trial.project", "the pack says self-approved, and the log tells of no trial")
    if not branch and project in trials:
        raise RefusedError("trial.project", "the log says that the project is a trial, and the pack does not")


def merge_branch_check(branch: str, events: Sequence[LoggedEvent], merge_raw: bytes) -> None:
    """Check that what is self-approved went to its trial's branch, and that its commit says so.

    Raises:
        RefusedError: It was meant for another branch, or its commit does not say that it is self-approved.
    """
    trailer = TRIAL_TRAILER in commit_parse(merge_raw).message.splitlines()
    if not branch:
        if trailer:
            raise RefusedError("trial.commit", "its commit says self-approved, and its pack does not")
        return
    if any(event.data.get("branch") != branch for event in events):
        raise RefusedError(
            "trial.merged", f"it is self-approved, and was merged to another branch than {branch[:80]!a}"
        )
    if not trailer:
        raise RefusedError("trial.commit", "it is self-approved, and its commit does not say so")
