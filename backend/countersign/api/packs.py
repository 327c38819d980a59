"""Evidence packs, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer
from countersign.workflow import queries

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
