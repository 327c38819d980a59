"""Tables of the plans room."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from countersign.plans.contracts import (
    DeliverableState,
    GateKind,
    InputKind,
    PhaseState,
    WorkItemKind,
    WorkItemState,
)

# The whole text of a plan, as a row that belongs to it would read it along: hardly anything needs it.
HEAVY = ("plan__source", "plan__document", "plan__remarks")


class Plan(models.Model):
    """One version of a project's plan; a version never changes after its import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    version = models.PositiveIntegerField()
    source_format = models.CharField(max_length=16)
    source_digest = models.CharField(max_length=71)
    source = models.TextField()
    # The plan as it was read, and what the reader had to say: a later reader may read the text differently.
    document = models.JSONField(default=dict)
    remarks = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A version number stands for one text."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "code", "version"], name="plan_version_once"),
        ]

    def __str__(self) -> str:
        """Name the plan."""
        return f"{self.code} v{self.version}"


class PlanInput(models.Model):
    """Something that work of a plan needs to know; of a secret, only where it lies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="inputs")
    name = models.CharField(max_length=100)
    text = models.CharField(max_length=500, blank=True)
    value = models.TextField(blank=True)
    pointer = models.CharField(max_length=500, blank=True)
    secret = models.BooleanField(default=False)
    optional = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, default=InputKind.REQUIREMENT.value)
    order = models.PositiveIntegerField()

    class Meta:
        """One input a name, and never a secret itself."""

        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "name"], name="plan_input_name_once"),
            models.CheckConstraint(
                condition=models.Q(secret=False) | models.Q(value=""), name="plan_input_holds_no_secret"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in InputKind]), name="plan_input_kind_known"
            ),
        ]

    def __str__(self) -> str:
        """Name the input."""
        return self.name


class InputAnswer(models.Model):
    """What somebody answered to an input: rows are only ever added, and the last one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # The version that it was given to; later versions of the plan with this input keep it.
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="answers")
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    value = models.TextField(blank=True)
    pointer = models.CharField(max_length=500, blank=True)
    # Without it anybody who reads the log could find out a short value by trying.
    nonce = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    person_id = models.UUIDField()
    user_id = models.UUIDField()
    minted_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A number stands for one answer; a value or a pointer, never both."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "code", "name", "number"], name="input_answer_number_once"
            ),
            models.CheckConstraint(
                condition=(models.Q(value="") & ~models.Q(pointer=""))
                | (~models.Q(value="") & models.Q(pointer="")),
                name="input_answer_says_one_thing",
            ),
        ]

    def __str__(self) -> str:
        """Name the answer."""
        return f"{self.name} {self.number}"


class Phase(models.Model):
    """A phase.

    Moves: blocked -> active (all phases it depends on are complete) -> awaiting_signoff (the proof
    lacks only the sign-off) -> complete (signed over exactly that proof). An evaluation whose proof
    no longer holds moves it back: awaiting_signoff or complete -> active, active -> blocked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="phases")
    code = models.CharField(max_length=32)
    title = models.CharField(max_length=500)
    objective = models.TextField(blank=True)
    owner = models.CharField(max_length=500, blank=True)
    duration = models.CharField(max_length=500, blank=True)
    planned_start = models.DateField(null=True)
    planned_end = models.DateField(null=True)
    # What the plan's author says of it: never evidence, and never what `state` is made of.
    stated_status = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    order = models.PositiveIntegerField()
    depends_on = models.JSONField(default=list)
    state = models.CharField(max_length=20)
    missing = models.JSONField(default=list)
    proof = models.JSONField(default=dict)
    proof_digest = models.CharField(max_length=71, blank=True)
    evaluated_at = models.DateTimeField(null=True)
    signoff_request_id = models.CharField(max_length=64, blank=True)
    signoff_decision_id = models.CharField(max_length=64, blank=True)
    signoff_proof_digest = models.CharField(max_length=71, blank=True)
    signed_off_at = models.DateTimeField(null=True)

    class Meta:
        """Known states, one phase a code, a signature behind every completion."""

        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "code"], name="phase_code_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in PhaseState]),
                name="phase_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=PhaseState.COMPLETE.value)
                | (models.Q(signed_off_at__isnull=False) & ~models.Q(signoff_request_id="")),
                name="phase_complete_is_signed",
            ),
        ]

    def __str__(self) -> str:
        """Name the phase."""
        return self.code


class Deliverable(models.Model):
    """A deliverable; its state is what the last evaluation computed from evidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="deliverables")
    code = models.CharField(max_length=32)
    title = models.CharField(max_length=500)
    order = models.PositiveIntegerField()
    selector = models.JSONField(null=True)
    owner = models.CharField(max_length=500, blank=True)
    condition = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    state = models.CharField(max_length=16)

    class Meta:
        """Known states, one deliverable a code."""

        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phase", "code"], name="deliverable_code_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in DeliverableState]),
                name="deliverable_state_known",
            ),
        ]

    def __str__(self) -> str:
        """Name the deliverable."""
        return self.code


class _Demand(models.Model):
    """What must be shown, and what the last evaluation said of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=32)
    text = models.CharField(max_length=500)
    check_document = models.JSONField()
    order = models.PositiveIntegerField()
    met = models.BooleanField(default=False)
    evidence = models.CharField(max_length=71, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        """Shared columns only."""

        abstract = True

    def __str__(self) -> str:
        """Name the demand."""
        return self.code


class AcceptanceCriterion(_Demand):
    """An acceptance criterion of a deliverable."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="criteria")

    class Meta:
        """Met needs evidence."""

        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deliverable", "code"], name="acceptance_criterion_code_once"),
            models.CheckConstraint(
                condition=models.Q(met=False) | ~models.Q(evidence=""),
                name="acceptance_criterion_met_has_evidence",
            ),
        ]


class PhaseGate(_Demand):
    """A quality gate of a phase."""

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="gates")
    kind = models.CharField(max_length=16, default=GateKind.QUALITY.value)

    class Meta:
        """Met needs evidence."""

        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in GateKind]), name="phase_gate_kind_known"
            ),
            models.UniqueConstraint(fields=["phase", "code"], name="phase_gate_code_once"),
            models.CheckConstraint(
                condition=models.Q(met=False) | ~models.Q(evidence=""),
                name="phase_gate_met_has_evidence",
            ),
        ]


class WorkItem(models.Model):
    """One change that somebody can decide on.

    Moves: proposed -> ready -> running -> merged | rejected; proposed or ready -> backlog and back;
    running -> ready when a run ends without a verdict on the change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    session_id = models.UUIDField()
    deliverable = models.ForeignKey(
        Deliverable, null=True, on_delete=models.PROTECT, related_name="work_items"
    )
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=500)
    kind = models.CharField(max_length=16)
    tool = models.CharField(max_length=32, blank=True)
    rules = models.JSONField(default=list)
    paths = models.JSONField(default=list)
    finding_ids = models.JSONField(default=list)
    priority = models.IntegerField(default=0)
    persona = models.CharField(max_length=64, blank=True)
    adapter = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Known values, one item a key and session."""

        ordering: ClassVar = ["-priority", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session_id", "key"], name="work_item_key_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in WorkItemState]),
                name="work_item_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in WorkItemKind]),
                name="work_item_kind_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "state"], name="work_item_by_state"),
        ]

    def __str__(self) -> str:
        """Name the work item."""
        return self.key


class ProjectStateEntry(models.Model):
    """An entry of the project state document that was committed for a run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    run_id = models.UUIDField(unique=True)
    text = models.TextField()
    commit = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        """Name the entry."""
        return f"{self.run_id} at {self.commit[:12]}"
