"""Evidence packs, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow import queries
from countersign.workflow.shredding import pack_shred

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

DIGEST = OpenApiParameter(
    "digest",
    str,
    OpenApiParameter.PATH,
    description="SHA-256 of the manifest: `sha256:` and hex, or hex alone",
)


class PackMember(Output):
    """A member of a pack."""

    path = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    media_type = serializers.CharField()


class Pack(Output):
    """A pack's manifest; a field that does not apply says so and why."""

    digest = serializers.CharField()
    size = serializers.IntegerField()
    members = PackMember(many=True)
    fields = serializers.DictField()  # type: ignore[assignment]  # DRF takes declared fields off the class


class PackView(ApiView):
    """One pack."""

    @extend_schema(
        operation_id="packs_get", parameters=[DIGEST], responses=Pack, summary="Read a pack's manifest"
    )
    def get(self, request: Request, digest: str) -> Response:
        """Answer the manifest."""
        return answer(Pack, queries.pack_detail(actor=actor_of(request), digest=digest))


class ShredInput(Input):
    """The pack that is made unreadable, named once more, and why."""

    confirmation = serializers.CharField(max_length=71, help_text="the whole digest of the pack once more")
    reason = serializers.CharField(min_length=10, max_length=2000, help_text="stands in the log for good")


class Unmade(Output):
    """A pack that nobody can read any more."""

    pack = serializers.CharField()
    run_id = serializers.CharField()
    artifacts = serializers.ListField(child=serializers.CharField(), help_text="digests that went with it")


class PackShredView(ApiView):
    """The end of a pack."""

    writing = "evidence.shred"

    @extend_schema(
        operation_id="packs_shred",
        parameters=[DIGEST],
        request=ShredInput,
        responses=Unmade,
        summary="Destroy the key of a pack: nobody can read it any more",
    )
    @idempotent
    def post(self, request: Request, digest: str) -> Response:
        """Destroy the key; everything else still verifies."""
        body = body_of(ShredInput, request)
        return answer(Unmade, pack_shred(actor=actor_of(request), digest=digest, **body))


class PackDownloadView(ApiView):
    """The file of a pack."""

    @extend_schema(
        operation_id="packs_download",
        parameters=[DIGEST],
        responses={(200, "application/x-tar"): OpenApiResponse(OpenApiTypes.BINARY, description="the pack")},
        summary="Download a pack",
    )
    def get(self, request: Request, digest: str) -> HttpResponse:
        """Answer the tar file, as it was sealed."""
        data = queries.pack_data(actor=actor_of(request), digest=digest)
        name = digest.removeprefix("sha256:")
        return HttpResponse(
            data,
            content_type="application/x-tar",
            headers={"Content-Disposition": f'attachment; filename="pack-{name}.tar"'},
        )
