"""The pieces of a decision page."""

from __future__ import annotations

from rest_framework import serializers

from countersign.api.base import Input, Output
from countersign.api.parts import TIERS

VERDICTS = ("approve", "reject", "request_changes")
FILE_CHANGES = ("added", "modified", "deleted")
EXECUTION_STATES = ("waiting", "merging", "merged", "void", "failed")
SUBJECT_KINDS = ("change", "phase")


class Subject(Output):
    """What a decision is about."""

    kind = serializers.ChoiceField(choices=SUBJECT_KINDS)
    id = serializers.CharField()
    title = serializers.CharField()
    digest = serializers.CharField()


class Quorum(Output):
    """How many of a role are needed and have said yes."""

    role = serializers.CharField()
    required = serializers.IntegerField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    given = serializers.IntegerField()


class PackRef(Output):
    """A pack by its digest."""

    digest = serializers.CharField()
    size = serializers.IntegerField()


class BlockedReason(Output):
    """Why this viewer can't decide."""

    code = serializers.CharField()
    text = serializers.CharField()


class PolicyReason(Output):
    """A rule that moved the policy."""

    rule = serializers.CharField()
    text = serializers.CharField()


class Policy(Output):
    """Who must decide, and why."""

    tier = serializers.ChoiceField(choices=TIERS)
    decision_text = serializers.CharField()
    blocked = serializers.BooleanField()
    passkey = serializers.BooleanField(help_text="a decision needs the approver's own passkey")
    trial_branch = serializers.CharField(
        allow_null=True, help_text="in a trial: self-approved, and merged to this branch only"
    )
    reasons = PolicyReason(many=True)


class AskedItem(Output):
    """One thing that was asked for; text is data, never markup."""

    path = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


class Asked(Output):
    """A request for changes that this attempt was given."""

    decision_id = serializers.CharField()
    request_id = serializers.CharField()
    by_label = serializers.CharField()
    reason = serializers.CharField()
    items = AskedItem(many=True)
    decided_at = serializers.DateTimeField()


class AskedItemInput(Input):
    """One thing that is asked for, on a file and a line where it is about one."""

    # Form is the service's to refuse, with its own code.
    text = serializers.CharField(max_length=10_000, allow_blank=True)
    path = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    line = serializers.IntegerField(allow_null=True, default=None)


class Vote(Output):
    """A signed decision."""

    id = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    by_label = serializers.CharField()
    role = serializers.CharField()
    decided_at = serializers.DateTimeField()
    reason = serializers.CharField()
    unattended = serializers.BooleanField()
    items = AskedItem(many=True)


class Excluded(Output):
    """Somebody who may not decide."""

    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    why = serializers.CharField()


class Deciders(Output):
    """Who could give the approvals that a role still lacks; whoever holds one key counts as one."""

    role = serializers.CharField()
    needed = serializers.IntegerField()
    people = serializers.ListField(child=serializers.CharField(), help_text="names")


class ChangedFile(Output):
    """A changed file."""

    path = serializers.CharField()
    change = serializers.ChoiceField(choices=FILE_CHANGES)
    added = serializers.IntegerField()
    deleted = serializers.IntegerField()
    binary = serializers.BooleanField()


class Change(Output):
    """The change that the decision is bound to; ``agent_says`` are the agent's words, not facts."""

    branch = serializers.CharField()
    base_commit = serializers.CharField()
    result_tree = serializers.CharField()
    manifest_digest = serializers.CharField()
    ruleset_digest = serializers.CharField()
    commit = serializers.CharField(allow_null=True)
    agent_says = serializers.CharField()
    files = ChangedFile(many=True)


class DiffRef(Output):
    """Where the diff is."""

    url = serializers.CharField()
    digest = serializers.CharField()
    size = serializers.IntegerField()


class Rollback(Output):
    """How to take the change back."""

    steps = serializers.ListField(child=serializers.CharField())
    command = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class PromptRef(Output):
    """The prompt that the run was given."""

    id = serializers.CharField()
    digest = serializers.CharField()
    text = serializers.CharField()
    persona = serializers.CharField()
    template = serializers.CharField()
    template_version = serializers.CharField()
    adapter = serializers.CharField()
    model = serializers.CharField(allow_null=True)


class Transcript(Output):
    """What the agent printed: its words, not facts."""

    digest = serializers.CharField()
    text = serializers.CharField()
    truncated = serializers.BooleanField()


class WorkItemRef(Output):
    """A work item as others name it."""

    id = serializers.CharField()
    key = serializers.CharField()
    title = serializers.CharField()
    finding_count = serializers.IntegerField()
    rules = serializers.ListField(child=serializers.CharField())


class FindingBrief(Output):
    """A finding, briefly."""

    tool = serializers.CharField()
    rule = serializers.CharField()
    path = serializers.CharField()
    line = serializers.IntegerField()
    message = serializers.CharField()
    severity = serializers.CharField()


class Violation(Output):
    """A broken rule and the answer to it."""

    rule = serializers.CharField()
    text = serializers.CharField()
    response = serializers.CharField()


class ProofItem(Output):
    """One line of a completeness proof; ``null`` is unknown."""

    code = serializers.CharField()
    text = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)


class PhaseProof(Output):
    """What proves that a phase is complete, or what is missing."""

    complete = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    items = ProofItem(many=True)


class Execution(Output):
    """What became of the decision."""

    state = serializers.ChoiceField(choices=EXECUTION_STATES)
    merge_commit = serializers.CharField(allow_null=True)
    state_commit = serializers.CharField(allow_null=True)
    tag = serializers.CharField(allow_null=True)
    addendum = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)


class Checkpoint(Output):
    """A signed head of the log."""

    origin = serializers.CharField()
    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    note = serializers.CharField()


class Receipt(Output):
    """What an approver takes away; the checkpoint is ``null`` until it covers the decision."""

    decision_id = serializers.CharField()
    statement_digest = serializers.CharField()
    checkpoint = Checkpoint(allow_null=True)
    verify_command = serializers.CharField()
    pack_url = serializers.CharField()
