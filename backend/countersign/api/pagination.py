"""Cursor pagination: ``{"next", "previous", "results"}`` around a page that a query handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from countersign.api.base import Input, Output
from countersign.shared.paging import DEFAULT_LIMIT, MAX_LIMIT, Page

if TYPE_CHECKING:
    from rest_framework.request import Request

Item = TypeVar("Item")

CURSOR = OpenApiParameter("cursor", str, description="where to go on: taken from `next` or `previous`")
LIMIT = OpenApiParameter("limit", int, description=f"items a page, at most {MAX_LIMIT}")
PAGE_PARAMETERS = [CURSOR, LIMIT]


class PageInput(Input):
    """What every list takes."""

    cursor = serializers.CharField(default="", max_length=1000)
    limit = serializers.IntegerField(default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


def paginated(item: type[Output]) -> type[Output]:
    """Return the serializer of a page of ``item``, named ``<Item>Page`` in the OpenAPI document."""
    name = f"{item.__name__}Page"
    members = {
        "__doc__": f"A page of {item.__name__}.",
        "__module__": item.__module__,
        "next": serializers.CharField(allow_null=True, help_text="address of the next page"),
        "previous": serializers.CharField(allow_null=True, help_text="address of the page before"),
        "results": item(many=True),
    }
    return type(name, (Output,), members)


def page_answer(request: Request, serializer: type[Output], page: Page[Item]) -> Response:
    """Render a page with the addresses of its neighbours."""
    return Response(
        serializer(
            {
                "next": _address(request, page.next),
                "previous": _address(request, page.previous),
                "results": page.items,
            }
        ).data
    )


def _address(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor)
