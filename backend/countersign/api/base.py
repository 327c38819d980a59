"""What every endpoint is made of: strict input, explicit output, one view class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_202_ACCEPTED
from rest_framework.views import APIView

from countersign.accounts.policies import Action, require
from countersign.api.authentication import actor_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rest_framework.request import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


# What goes in or out is data of any room; each serializer says by its fields what it takes of it.
class Output(serializers.Serializer[Any]):
    """What an endpoint answers: renders frozen dataclasses and mappings, never models."""


class Input(serializers.Serializer[Any]):
    """What an endpoint takes: a field that it does not know is an error, not a silent nothing."""

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Return the checked values.

        Raises:
            ValidationError: a field is missing, wrong or unknown.
        """
        values: dict[str, Any] = super().to_internal_value(data)
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name: ["there is no such field"] for name in unknown})
        return values


class ApiView(APIView):
    """An endpoint that needs a login, and the permission that it declares for reading and for writing.

    A view that takes anything but reads declares ``writing``: an action, or ``None`` when everybody who is
    logged in may ask (a test says so). ``docs/reference/permissions.md`` is generated from what they declare.
    """

    reading: ClassVar[Action | None] = "read"
    writing: ClassVar[Action | None] = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Check who asks before the handler runs.

        Raises:
            PermissionDenied: the actor's roles do not allow it.
        """
        super().initial(request, *args, **kwargs)
        action = self.reading if request.method in SAFE else self.writing
        if action is not None:
            require(actor_of(request), action)

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        """Let nobody keep what was answered to one user."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        return final


def query_of(serializer: type[Input], request: Request) -> dict[str, Any]:
    """Return the checked query parameters.

    Raises:
        ValidationError: one is wrong or unknown.
    """
    return _checked(serializer(data=request.query_params.dict()))


def body_of(serializer: type[Input], request: Request) -> dict[str, Any]:
    """Return the checked request body.

    Raises:
        ValidationError: it is not of the form that the endpoint takes.
    """
    return _checked(serializer(data=request.data))


def _checked(bound: Input) -> dict[str, Any]:
    bound.is_valid(raise_exception=True)
    values: dict[str, Any] = bound.validated_data
    return values


def answer(serializer: type[Output], value: object, *, status: int = HTTP_200_OK) -> Response:
    """Render ``value``."""
    return Response(serializer(value).data, status=status)


class Accepted(Output):
    """The task that carries the request out."""

    task_id = serializers.UUIDField()
    status_url = serializers.CharField()


class RunAccepted(Accepted):
    """The task of a run, and the run."""

    run_id = serializers.UUIDField()
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="what may hinder a decision on the result, such as too few people in the CAB, and the mend",
    )


def task_address(job_id: str) -> str:
    """Return where the state of a task is."""
    return f"/api/v1/tasks/{job_id}/status/"


def accepted(job_id: str, *, run_id: str | None = None, warnings: Iterable[str] = ()) -> Response:
    """Answer that the work goes on: ``202`` and where to ask for its state."""
    body: dict[str, object] = {"task_id": job_id, "status_url": task_address(job_id)}
    serializer: type[Output] = Accepted
    if run_id is not None:
        body |= {"run_id": run_id, "warnings": list(warnings)}
        serializer = RunAccepted
    return Response(
        serializer(body).data, status=HTTP_202_ACCEPTED, headers={"Location": task_address(job_id)}
    )
