"""Pieces of answers that several nouns share."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from countersign.api.base import Output

TIERS = ("director", "cab")
GATE_STATUSES = ("pass", "fail", "unknown")
TRUST_MODES = ("self-attested", "witnessed")
ISOLATIONS = ("bubblewrap", "process", "unconfined")


class ProjectRef(Output):
    """A project as others name it."""

    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()


class GateCount(Output):
    """How many gates passed, of how many."""

    passed = serializers.IntegerField()
    total = serializers.IntegerField()


class GateReport(Output):
    """What one gate said; ``unknown`` is not a pass."""

    name = serializers.CharField()
    status = serializers.ChoiceField(choices=GATE_STATUSES)
    reason = serializers.CharField()
    summary = serializers.CharField()
    tool = serializers.CharField()
    tool_version = serializers.CharField()
    claimed_by_code_under_test = serializers.BooleanField()
    duration_ms = serializers.IntegerField()
    report_digest = serializers.CharField()


class RiskInput(Output):
    """Something that moved a risk factor, and where it came from."""

    name = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    effect = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    known = serializers.BooleanField()


class RiskFactor(Output):
    """A factor, 0 to 1000; ``null`` is unknown."""

    name = serializers.CharField()
    weight = serializers.IntegerField()
    value = serializers.IntegerField(allow_null=True)
    contribution_milli = serializers.IntegerField(allow_null=True)
    inputs = RiskInput(many=True)


class RiskBeside(Output):
    """A change of the same session to the same files, which this one is scored together with."""

    run_id = serializers.CharField()
    title = serializers.CharField()
    score = serializers.IntegerField()


class Risk(Output):
    """The score and everything that moved it: with others ``together``, that of all of them as one change."""

    score = serializers.IntegerField()
    threshold = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField())
    factors = RiskFactor(many=True)
    alone = serializers.IntegerField()
    together = RiskBeside(many=True)


class Flattening(Output):
    """Answers one flat object where a query hands out a view that holds another one.

    ``inner`` names the attribute that holds the inner view; its fields are taken from there.
    """

    inner: ClassVar[str] = ""

    def to_representation(self, instance: object) -> dict[str, object]:
        """Render the inner view's fields beside the outer ones."""
        held = instance[self.inner] if isinstance(instance, dict) else getattr(instance, self.inner)
        return super().to_representation(Merged(outer=instance, inner=held))


class Merged:
    """Two views seen as one; the outer one is asked first."""

    def __init__(self, *, outer: object, inner: object) -> None:
        """Look into ``outer``, then into ``inner``."""
        self._views = (outer, inner)

    def __getattr__(self, name: str) -> object:
        """Return what the first view that has ``name`` holds there."""
        for view in self._views:
            if isinstance(view, dict):
                if name in view:
                    return view[name]
            elif hasattr(view, name):
                return getattr(view, name)
        raise AttributeError(name)
